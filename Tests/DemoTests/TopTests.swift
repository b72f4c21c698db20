import Glibc
import Hosting
import Testing

@Suite(.serialized)
struct TopTests {
    /// The embedded broker and nodes of one group, as processes.
    private final class Cluster {
        let broker: CommandRun
        let address: String
        private(set) var nodes: [String: CommandRun] = [:]

        init(nodes names: [String]) throws {
            let file = try TemporaryDirectory(prefix: "optimizer-top")
            let path = file.path + "/broker"
            broker = try CommandRun(["broker", "--bootstrap-file", path])
            try #require(eventually { !FileContent.read(path).isEmpty })
            address = String(decoding: FileContent.read(path).filter { $0 > 0x20 }, as: UTF8.self)
            for name in names {
                nodes[name] = try CommandRun([
                    "run", "-b", address, "--set", "node.id=\(name)", "--set", "metrics.intervalMs=300",
                    "--set", "metrics.http=null", "--set", "pool.maxConcurrentStrategies=1",
                    "--set", "limits.memoryMB=64", "--set", "logging.level=error",
                ])
            }
        }

        func submit(_ requests: [String]) throws {
            let directory = try TemporaryDirectory(prefix: "optimizer-top")
            let path = directory.path + "/requests.jsonl"
            let file = open(path, O_WRONLY | O_CREAT, 0o600)
            try #require(file >= 0)
            let text = Array((requests.joined(separator: "\n") + "\n").utf8)
            #expect(write(file, text, text.count) == text.count)
            close(file)
            let run = try CommandRun(["submit", path, "-b", address])
            #expect(try run.end(within: 30) == .exited(code: 0), "\(run.output)")
        }

        func end() throws {
            for node in nodes.values { node.signal(SIGTERM) }
            for node in nodes.values { _ = try node.end(within: 30) }
            broker.signal(SIGTERM)
            #expect(try broker.end(within: 30) == .exited(code: 0))
        }
    }

    private func sleeps(_ count: Int, milliseconds: Int) -> [String] {
        (1...count).map {
            #"{"request_id":"top-\#($0)","strategy":{"name":"sleep","parameters":{"ms":\#(milliseconds)}}}"#
        }
    }

    @Test(.enabled(if: TerminalSession.isAvailable))
    func `it shows nodes and strategies live, sorts, resizes, and leaves the terminal as it was`() throws {
        let cluster = try Cluster(nodes: ["alpha", "beta"])
        let session = try TerminalSession()
        try session.type(
            "stty -a > \(session.path("before")); \(CommandRun.optimizer) top -b \(cluster.address); echo code=$?")
        try session.press("Enter")
        #expect(session.shows("alpha ") && session.shows("beta "))
        #expect(try session.flag("alternate_on") == "1")
        // Both have their partitions.
        #expect(eventually { session.lines.filter { $0.contains("flowing") && $0.contains("0/3") }.count == 2 })
        try cluster.submit(sleeps(200, milliseconds: 50))
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
            String(decoding: FileContent.read(session.path(name)), as: UTF8.self).split(separator: "\n").dropFirst()
        }
        #expect(settings[0] == settings[1])
        try session.close()
        try cluster.end()
    }

    @Test(.enabled(if: TerminalSession.isAvailable))
    func `ended by a signal it gives the terminal back`() throws {
        let cluster = try Cluster(nodes: [])
        let session = try TerminalSession()
        try session.type("\(CommandRun.optimizer) top -b \(cluster.address); echo code=$?")
        try session.press("Enter")
        #expect(session.shows("no node has been heard of yet"))
        let top = try #require(
            Processes.mentioning(cluster.address).first { Processes.commandLine($0).contains("top") })
        kill(top, SIGTERM)
        #expect(session.shows("code=0"))
        #expect(try session.flag("alternate_on") == "0")
        #expect(try session.flag("cursor_flag") == "1")
        try session.close()
        try cluster.end()
    }

    @Test func `--once prints every node once, without control characters`() throws {
        let cluster = try Cluster(nodes: ["alpha", "beta"])
        let run = try CommandRun(["top", "--once", "-b", cluster.address])
        #expect(try run.end(within: 60) == .exited(code: 0), "\(run.output)")
        #expect(!run.output.contains("\u{1B}"))
        let lines = run.output.split(separator: "\n")
        #expect(lines.filter { $0.hasPrefix("alpha ") }.count == 1)
        #expect(lines.filter { $0.hasPrefix("beta ") }.count == 1)
        try cluster.end()
    }

    @Test func `without a terminal it names --once, with 64`() throws {
        let run = try CommandRun(["top", "-b", "127.0.0.1:1"])
        #expect(try run.end(within: 30) == .exited(code: 64))
        #expect(run.output.contains("--once"))
    }
}
