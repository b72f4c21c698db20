import Glibc
import System
import TestSupport
import Testing

@Suite(.serialized, .machine(.nodes(2)))
struct TopTests {
    private func sleeps(_ count: Int, milliseconds: Int) -> [String] {
        (1...count).map {
            #"{"request_id":"top-\#($0)","strategy":{"name":"sleep","parameters":{"ms":\#(milliseconds)}}}"#
        }
    }

    @Test(.enabled(if: TerminalSession.isAvailable))
    func `it shows nodes and strategies live, sorts, resizes, and leaves the terminal as it was`() throws {
        let cluster = try TopCluster(nodes: ["alpha", "beta"])
        let session = try TerminalSession()
        try session.type(
            "stty -a > \(session.path("before")); \(CommandRun.optimizer) top \(cluster.options.joined(separator: " ")); echo code=$?"
        )
        try session.press("Enter")
        #expect(session.shows("alpha ") && session.shows("beta "))
        #expect(try session.flag("alternate_on") == "1")
        // Both have their partitions.
        #expect(eventually { session.lines.filter { $0.contains("flowing") && $0.contains("0/3") }.count == 2 })
        try cluster.submit(sleeps(2000, milliseconds: 50))
        #expect(session.shows("\nsleep "))
        #expect(eventually { session.lines.contains { $0.hasPrefix("beta ") && $0.contains("1/1") } })

        try session.press("d")
        #expect(session.shows("by queue depth"))
        try session.press("n")
        try session.press("r")
        #expect(session.shows("by name, reversed"))
        #expect(
            eventually {
                let names = session.lines.compactMap { $0.split(separator: " ").first }
                return (names.firstIndex(of: "beta") ?? .max) < (names.firstIndex(of: "alpha") ?? .min)
            })

        try session.resize(columns: 60, rows: 12)
        #expect(eventually { session.lines.prefix(12).last?.hasPrefix("sort: ") == true })
        #expect(session.lines.allSatisfy { $0.count <= 60 })
        try session.resize(columns: 100, rows: 30)
        #expect(eventually { session.lines.prefix(30).last?.hasPrefix("sort: ") == true })

        cluster.nodes["beta"]?.signal(SIGKILL)
        #expect(eventually { session.lines.contains { $0.hasPrefix("beta ") && $0.contains("stale") } })
        try session.press("q")
        #expect(session.shows("code=0"))
        #expect(try session.flag("alternate_on") == "0")
        #expect(try session.flag("cursor_flag") == "1")
        try session.type("stty -a > \(session.path("after")); echo DONE")
        try session.press("Enter")
        #expect(session.shows("\nDONE"))
        #expect(!FileContent.read(session.path("before")).isEmpty)
        // The size was changed; everything else must be as it was.
        let settings = ["before", "after"].map { name in
            FileContent.text(session.path(name)).split(separator: "\n").dropFirst()
        }
        #expect(settings[0] == settings[1])
        try session.close()
        try cluster.end()
    }

    @Test(.enabled(if: TerminalSession.isAvailable))
    func `ended by a signal it gives the terminal back`() throws {
        let cluster = try TopCluster(nodes: [])
        let session = try TerminalSession()
        try session.type("\(CommandRun.optimizer) top \(cluster.options.joined(separator: " ")); echo code=$?")
        try session.press("Enter")
        #expect(session.shows("no node has been heard of yet"))
        let top = try #require(
            Processes.mentioning(cluster.mark).first { Processes.commandLine($0).contains("top") })
        kill(top, SIGTERM)
        #expect(session.shows("code=0"))
        #expect(try session.flag("alternate_on") == "0")
        #expect(try session.flag("cursor_flag") == "1")
        try session.close()
        try cluster.end()
    }

    @Test func `--once prints every node once, without control characters`() throws {
        let cluster = try TopCluster(nodes: ["alpha", "beta"])
        // One that starts late has not been heard of yet.
        try eventually("both nodes are there") {
            let run = try CommandRun(["top", "--once"] + cluster.options)
            #expect(try run.end() == .exited(code: 0), "\(run.output)")
            #expect(!run.output.contains("\u{1B}"))
            let counts = ["alpha ", "beta "].map { name in
                run.output.split(separator: "\n").count { $0.hasPrefix(name) }
            }
            #expect(counts.allSatisfy { $0 <= 1 })
            return counts == [1, 1]
        }
        try cluster.end()
    }

    @Test func `without a terminal it names --once, with 64`() throws {
        let run = try CommandRun(["top", "-b", "127.0.0.1:1"])
        #expect(try run.end() == .exited(code: 64))
        #expect(run.output.contains("--once"))
    }
}
