import Glibc
import Testing

@testable import Hosting

struct HostDiagnosticsTests {
    /// What is kept of the given output, read in one go.
    private func diagnostics(_ output: String) throws -> HostDiagnostics {
        let pipe = try Pipe(nonBlocking: .reading)
        defer { pipe.closeBoth() }
        #expect(write(pipe.writing, output, output.utf8.count) == output.utf8.count)
        var diagnostics = HostDiagnostics()
        #expect(diagnostics.receive(from: pipe.reading))
        return diagnostics
    }

    @Test func anUnfinishedLineWaitsForItsEnd() throws {
        var diagnostics = try diagnostics("one\ntwo")
        #expect(diagnostics.drain() == ["one"])
        #expect(diagnostics.drain() == [])
        diagnostics.finish()
        #expect(diagnostics.drain() == ["two"])
    }

    @Test func aLongLineIsCut() throws {
        var diagnostics = try diagnostics(String(repeating: "x", count: 5000) + "\nshort\n")
        #expect(diagnostics.drain().map(\.utf8.count) == [4096, 5])
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
        #expect(diagnostics.receive(from: pipe.reading))
        close(pipe.writing)
        #expect(!diagnostics.receive(from: pipe.reading))
    }
}
