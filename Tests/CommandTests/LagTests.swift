import Glibc
import Messages
import Testing

@Suite struct LagTests {
    @Test func withoutANodeAllThatIsThereIsLag() throws {
        let bench = try Bench()
        defer { #expect(throws: Never.self) { try bench.close() } }
        try bench.submit((0..<12).map { Bench.request("r\($0)") })
        let table = try bench.optimizer(["lag"])
        #expect(table.code == 0)
        #expect(table.lines.count == 8)
        #expect(table.lines[1].split(separator: " ") == [Substring(bench.names.requests), "0", "-", "2", "2"])
        #expect(table.lines[7].split(separator: " ") == ["total", "12"])
        let lag = try #require(objects(bench.optimizer(["lag", "--json"]).output).first)
        #expect(lag["group"]?.string == bench.names.group)
        #expect(lag["total_lag"]?.integer == 12)
        #expect(lag["partitions"]?.elements?.first?["committed"] == .null)
    }

    @Test func aBoundDecidesTheExitCode() throws {
        let bench = try Bench()
        defer { #expect(throws: Never.self) { try bench.close() } }
        try bench.submit((0..<3).map { Bench.request("r\($0)") })
        #expect(try bench.optimizer(["lag", "--max", "3"]).code == 0)
        let above = try bench.optimizer(["lag", "--max", "2", "--json"])
        #expect(above.code == 1)
        #expect(above.words == "the lag is 3, above 2\n")
        #expect(try objects(above.output).count == 1)
        #expect(try bench.optimizer(["lag", "--max", "2", "--watch"]).code == 64)
        #expect(try bench.optimizer(["lag", "--topic", "absent"]).code == 78)
    }

    @Test func aNodeThatHasDoneEverythingHasNoLag() throws {
        let bench = try Bench()
        defer { #expect(throws: Never.self) { try bench.close() } }
        try bench.startNode()
        let watch = try bench.start(["lag", "--watch", "--json"])
        try wait("the commit") { try bench.optimizer(["lag", "--max", "0"]).code == 0 }
        let lag = try #require(objects(bench.optimizer(["lag", "--json"]).output).first)
        let committed = lag["partitions"]?.elements?.compactMap { $0["committed"]?.integer } ?? []
        #expect(committed.reduce(0, +) == 1)
        // Watching goes on until it is interrupted.
        try wait("the second view") { try objects(watch.output).count >= 2 }
        watch.signal(SIGTERM)
        #expect(try watch.outcome().code == -SIGTERM)
    }
}
