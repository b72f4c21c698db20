import Kafka
import Testing

/// What a fault run would be told.
@Suite struct FaultRunCheckTests {
    /// A result in partition 0 of the results topic.
    private func result(
        _ id: String, of request: (partition: Int, offset: Int), key: UInt8 = 1, by node: String = "a",
        at timeMs: Int64 = 0
    ) -> KafkaRecord {
        let origin = #"{"partition":\#(request.partition),"offset":\#(request.offset)}"#
        let text = #"{"request_id":"\#(id)","node":"\#(node)","request":\#(origin)}"#
        return KafkaRecord(
            partition: 0, offset: 0, timestampMs: timeMs, key: [key], value: Array(text.utf8), headers: [])
    }

    @Test(arguments: [("unordered", []), ("key", ["r1"]), ("partition", ["r1", "r2"])])
    func whatComesAfterALaterOneOfItsLaneIsOutOfOrder(ordering: String, ids: [String]) throws {
        let records = [
            result("r5", of: (0, 5), key: 1), result("r1", of: (0, 1), key: 1), result("r2", of: (0, 2), key: 2),
            result("r0", of: (1, 0), key: 1),
            // It has been there.
            result("r5", of: (0, 5), key: 1),
        ]
        let check = try FaultRunCheck(records, ordering: ordering)
        #expect(check.outOfOrder == ids)
        #expect(check.outcomes.count == 4 && check.twice == 1)
    }

    @Test func allButOneOfARequestAreOfNodesThatWereGone() throws {
        let crash = FaultRunCheck.Crash(node: "a", begin: 100_000, end: 100_000)
        func inexcusable(_ first: (node: String, timeMs: Int64), _ second: (node: String, timeMs: Int64)) throws -> Int
        {
            let records = [first, second].map { result("r", of: (0, 0), by: $0.node, at: $0.timeMs) }
            return try FaultRunCheck(records, ordering: "key").inexcusable([crash]).count
        }
        #expect(try inexcusable(("a", 99_000), ("b", 106_000)) == 0)
        #expect(try inexcusable(("b", 99_000), ("c", 106_000)) == 1)
        #expect(try inexcusable(("a", 50_000), ("b", 106_000)) == 1)
        #expect(try FaultRunCheck([result("r", of: (0, 0))], ordering: "key").inexcusable([]).isEmpty)
    }
}
