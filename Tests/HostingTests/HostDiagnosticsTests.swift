import Glibc
import System
import Testing

@testable import Hosting

struct HostDiagnosticsTests {
    /// What is kept of the given output, read in one go.
    private func diagnostics(_ output: String) throws -> HostDiagnostics {
        let pipe = try Pipe(nonBlocking: .reading)
        defer { pipe.closeBoth() }
        #expect(write(pipe.writing, output, output.utf8.count) == output.utf8.count)
        var diagnostics = HostDiagnostics()
        let mayGoOn = diagnostics.receive(from: pipe.reading)
        #expect(mayGoOn)
        return diagnostics
    }

    @Test func anUnfinishedLineWaitsForItsEnd() throws {
        var diagnostics = try diagnostics("one\ntwo")
        let drained = [diagnostics.drain(), diagnostics.drain()]
        #expect(drained == [["one"], []])
        diagnostics.finish()
        let rest = diagnostics.drain()
        #expect(rest == ["two"])
    }

    @Test func aLongLineIsCut() throws {
        var diagnostics = try diagnostics(String(repeating: "x", count: 5000) + "\nshort\n")
        let lengths = diagnostics.drain().map(\.utf8.count)
        #expect(lengths == [4096, 5])
    }

    @Test func tooManyLinesAreCounted() throws {
        var diagnostics = try diagnostics((0..<103).map { "\($0)\n" }.joined())
        let lines = diagnostics.drain()
        #expect(lines.suffix(2) == ["99", "… and 3 more lines"])
        #expect(lines.count == 101)
    }

    @Test func theTailIsTheLastTwoKilobytes() throws {
        let diagnostics = try diagnostics(String(repeating: "a", count: 9000) + String(repeating: "b", count: 2047))
        #expect(diagnostics.tail == "a" + String(repeating: "b", count: 2047))
    }

    @Test func aHungUpOutputIsOver() throws {
        let pipe = try Pipe(nonBlocking: .reading)
        defer { close(pipe.reading) }
        var diagnostics = HostDiagnostics()
        let whenSilent = diagnostics.receive(from: pipe.reading)
        close(pipe.writing)
        let whenHungUp = diagnostics.receive(from: pipe.reading)
        #expect(whenSilent && !whenHungUp)
    }
}
