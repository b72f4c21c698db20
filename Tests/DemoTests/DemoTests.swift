import Glibc
import System
import TestSupport
import Testing

@Suite(.serialized, .machine(.nodes(2)))
struct DemoTests {
    /// The whole numbers of a text, in order.
    private func numbers(_ text: Substring) -> [Int] {
        text.split { !$0.isNumber }.compactMap { Int($0) }
    }

    private func expectNothingLeft(_ run: CommandRun) {
        #expect(
            eventually { run.helpers.isEmpty }, "left running: \(run.helpers.map(Processes.commandLine))")
        #expect(DirectoryEntries.all(run.directory.path).isEmpty)
    }

    @Test func `without a terminal it writes lines, its totals add up, and nothing is left`() throws {
        let run = try CommandRun(["demo", "--data", CommandRun.sampleData])
        // Two nodes with two hosts each: what is looked for at the end can be seen at all.
        #expect(eventually { run.helpers.count >= 6 })
        #expect(try run.end() == .exited(code: 0), "\(run.output)")
        expectNothingLeft(run)

        let lines = run.output.split(separator: "\n")
        #expect(!run.output.contains("\u{1B}"))
        #expect(lines.filter { $0.contains(" s: submitted ") }.count >= 3)
        // submitted N, completed N (node-1 a, node-2 b) in …
        let totals = numbers(try #require(lines.first { $0.hasPrefix("submitted ") }))
        try #require(totals.count >= 6)
        #expect(totals[0] >= 2000)
        #expect(totals[0] == totals[1])
        #expect(totals[3] + totals[5] == totals[1])
        #expect(totals[3] > 0 && totals[5] > 0)
        let pauses = numbers(try #require(lines.first { $0.hasPrefix("partitions paused ") }))
        #expect(pauses[0] > 0)
        #expect(pauses[0] == pauses[1])
        #expect(pauses[2] <= 100)
    }

    @Test func `a node that dies ends it with 1 and the node's name`() throws {
        let run = try CommandRun(["demo", "--data", CommandRun.sampleData])
        #expect(eventually { run.output.contains("queued") && self.node(2, of: run) != nil })
        kill(try #require(node(2, of: run)), SIGKILL)
        #expect(try run.end() == .exited(code: 1))
        #expect(run.output.contains("node-2 has ended (signal 9)"), "\(run.output)")
        expectNothingLeft(run)
    }

    private func node(_ number: Int, of run: CommandRun) -> Int32? {
        run.helpers.first { Processes.commandLine($0).last == "node.id=node-\(number)" }
    }

    @Test func `SIGTERM ends it with 130 and nothing is left`() throws {
        let run = try CommandRun(["demo", "--data", CommandRun.sampleData])
        #expect(eventually { run.helpers.count >= 6 })
        run.signal(SIGTERM)
        #expect(try run.end() == .exited(code: 130))
        expectNothingLeft(run)
    }

    @Test func `killed at once, its nodes and hosts die with it`() throws {
        let run = try CommandRun(["demo", "--data", CommandRun.sampleData])
        #expect(eventually { run.helpers.count >= 6 })
        run.signal(SIGKILL)
        #expect(try run.end() == .signalled(SIGKILL))
        #expect(eventually { run.helpers.isEmpty })
    }

    @Test func `data that is not there is named, with 66`() throws {
        let run = try CommandRun(["demo", "--data", "/nowhere/bars.csv"])
        #expect(try run.end() == .exited(code: 66))
        #expect(run.output.contains("cannot read /nowhere/bars.csv"))
        expectNothingLeft(run)
    }

    @Test(.enabled(if: TerminalSession.isAvailable))
    func `on a terminal it draws one screen, and leaves the terminal as it was`() throws {
        let session = try TerminalSession()
        try session.type("stty -a > \(session.path("before")); echo MARK")
        try session.press("Enter")
        #expect(session.shows("\nMARK"))
        try session.type("\(CommandRun.optimizer) demo --requests 2000 --data \(CommandRun.sampleData); echo code=$?")
        try session.press("Enter")
        #expect(session.shows("best parameter sets of sma_crossover so far"))
        #expect(try session.flag("alternate_on") == "1")
        #expect(try session.flag("cursor_flag") == "0")
        // All of it on one screen of 80×24: the first line, a node with results, and the last line at once.
        #expect(
            eventually {
                let lines = session.lines
                return lines.first?.hasPrefix(" optimizer demo ") == true
                    && lines.contains { $0.contains("  93   189") }
                    && lines.contains { $0.hasPrefix(" node-2 ") } && lines.contains { $0.contains("Ctrl-C ends it") }
            })
        #expect(session.shows("code=0"))
        #expect(try session.flag("alternate_on") == "0")
        #expect(try session.flag("cursor_flag") == "1")
        #expect(session.text.contains("MARK"))
        #expect(session.text.contains("submitted 2000, completed 2000"))
        try session.type("stty -a > \(session.path("after")); echo DONE")
        try session.press("Enter")
        #expect(session.shows("\nDONE"))
        let settings = FileContent.read(session.path("before"))
        #expect(!settings.isEmpty)
        #expect(settings == FileContent.read(session.path("after")))
        try session.close()
    }

    @Test(.enabled(if: TerminalSession.isAvailable))
    func `Ctrl-C ends the screen with 130 and leaves the terminal clean`() throws {
        let session = try TerminalSession()
        try session.type("\(CommandRun.optimizer) demo --data \(CommandRun.sampleData); echo code=$?")
        try session.press("Enter")
        #expect(session.shows("best parameter sets of sma_crossover so far"))
        try session.press("C-c")
        #expect(session.shows("code=130"))
        #expect(try session.flag("alternate_on") == "0")
        #expect(try session.flag("cursor_flag") == "1")
        #expect(session.text.contains("interrupted"))
        try session.close()
    }
}
