import Glibc
import Messages
import TestSupport
import Testing

@Suite(.machine) struct LagTests {
    @Test func withoutANodeAllThatIsThereIsLag() throws {
        let bench = try Bench()
        defer { #expect(throws: Never.self) { try bench.close() } }
        try bench.submit((0..<12).map { Bench.request("r\($0)") })
        let table = try bench.optimizer(["lag"])
        // The embedded broker does not know its groups.
        #expect(table.code == (Bench.realBootstrap == nil ? 0 : 66))
        #expect(table.words.contains("there is no group \(bench.names.group)") == (Bench.realBootstrap != nil))
        #expect(table.lines.count == 8)
        #expect(
            table.lines[1].split(separator: " ").prefix(5) == [Substring(bench.names.requests), "0", "-", "2", "2"])
        let holder =
            Bench.realBootstrap == nil
            ? "how far is not known: no metrics event yet" : "not taken by any node"
        #expect(table.lines[1].contains("offset 0: noop \(holder), submitted "))
        #expect(table.lines[7].split(separator: " ") == ["total", "12"])
        let lag = try #require(objects(bench.optimizer(["lag", "--json"]).output).first)
        #expect(lag["group"]?.string == bench.names.group)
        #expect(lag["total_lag"]?.integer == 12)
        let first = lag["partitions"]?.elements?.first
        #expect(first?["committed"] == .null)
        #expect(first?["blocked_by"]?["request_id"]?.string?.hasPrefix("r") == true)
        #expect(
            first?["blocked_by"]?["state"]?.string == (Bench.realBootstrap == nil ? "unknown" : "not_taken")
                && first?["blocked_by"]?["node"] == .null)
    }

    @Test func whatBlocksAPartitionIsNamedWithTheNodeThatHasIt() throws {
        let bench = try Bench()
        defer { #expect(throws: Never.self) { try bench.close() } }
        try bench.startNode(more: [
            "metrics.intervalMs=300", "limits.timeoutMs=600000", "shutdown.drainMs=0", "node.id=n1",
        ])
        try bench.submit([Bench.request("stuck", "sleep", #"{"ms":500000}"#)])
        var partition: JSONValue?
        try eventually("the node to say what it does") {
            let lag = try objects(bench.optimizer(["lag", "--json"]).output).first
            partition = lag?["partitions"]?.elements?.first { $0["lag"]?.integer == 1 }
            return partition?["blocked_by"]?["state"]?.string == "running"
        }
        let blocker = partition?["blocked_by"]
        #expect(blocker?["request_id"]?.string == "stuck" && blocker?["strategy"]?.string == "sleep")
        #expect(blocker?["node"]?.string == "n1" && blocker?["slot"]?.integer != nil)
        #expect(blocker?["age_seconds"]?.double != nil)
        let table = try bench.optimizer(["lag"]).lines
        #expect(table.contains { $0.contains(": sleep running in slot ") && $0.hasSuffix("request stuck") })
    }

    @Test func aBoundDecidesTheExitCode() throws {
        let bench = try Bench()
        defer { #expect(throws: Never.self) { try bench.close() } }
        try bench.submit((0..<3).map { Bench.request("r\($0)") })
        #expect(try [0, 66].contains(bench.optimizer(["lag", "--max", "3"]).code))
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
        try eventually("the commit") { try bench.optimizer(["lag", "--max", "0"]).code == 0 }
        let lag = try #require(objects(bench.optimizer(["lag", "--json"]).output).first)
        let committed = lag["partitions"]?.elements?.compactMap { $0["committed"]?.integer } ?? []
        #expect(committed.reduce(0, +) == 1)
        // Watching goes on until it is interrupted.
        try eventually("the second view") { try objects(watch.output).count >= 2 }
        watch.signal(SIGTERM)
        #expect(try watch.outcome().code == -SIGTERM)
    }
}
