import Kafka
import Messages
import TestSupport
import Testing

@testable import Worker

@Suite(.machine) struct OrderingTests {
    private static let pool = ["pool.maxConcurrentStrategies=4", "limits.memoryMB=64"]

    /// The offsets of the requests whose results these are, in the order of the results, by what they have in common.
    private func offsets<Group: Hashable>(
        _ records: [KafkaRecord], by group: (JSONValue, KafkaRecord) -> Group
    ) throws -> [Group: [Int]] {
        var found: [Group: [Int]] = [:]
        for record in records {
            let result = try JSONValue.parse(record.value ?? [])
            found[group(result, record), default: []].append(result["request"]?["offset"]?.integer ?? -1)
        }
        return found
    }

    @Test func resultsOfAKeyComeInTheOrderOfItsRequests() async throws {
        try await onOwnThread {
            let kafka = try TestKafka(partitions: 3)
            defer { kafka.close() }
            let keys = (0..<300).map { [UInt8(ascii: "a") + UInt8($0 * 7 % 11)] }
            // Short ones, which are written ahead, some that take their time, and some whose host is killed with what is
            // behind them.
            let texts = (0..<300).map { index in
                switch index % 25 {
                case 3: request("r\(index)", "sleep", #"{"ms":40}"#)
                case 11: request("r\(index)", "sleep", #"{"ms":5000}"#, more: #","limits":{"timeout_ms":100}"#)
                default: request("r\(index)")
                }
            }
            try kafka.submit(texts.map { Array($0.utf8) }, keys: keys)
            let node = try TestNode(kafka, Self.pool + ["ordering=key"])
            _ = try kafka.results(300)
            #expect(try node.stop() == 0)
            let records = try kafka.contents(kafka.topics.results)
            #expect(records.count == 300)
            for (key, offsets) in try offsets(records, by: { _, record in record.key }) {
                #expect(offsets == offsets.sorted(), "of the key \(key ?? [])")
            }
        }
    }

    /// So many that results gather for each other; a host's refusal goes to two topics, and waits for none.
    @Test func whatAHostRefusesKeepsTheOrder() async throws {
        try await onOwnThread {
            let kafka = try TestKafka(partitions: 3)
            defer { kafka.close() }
            let unknown = #","data":{"dataset":"nowhere","timeframe":"1d"}"#
            let texts = (0..<3000).map {
                $0 % 7 == 3 ? request("r\($0)", "buy_and_hold", more: unknown) : request("r\($0)")
            }
            try kafka.submit(texts.map { Array($0.utf8) }, keys: (0..<3000).map { [UInt8($0 % 5)] })
            let node = try TestNode(kafka, Self.pool + ["ordering=key", "results.lingerMs=50"])
            let results = try kafka.results(3000)
            #expect(try node.stop() == 0)
            #expect(Set(results.map(\.status)) == ["completed", "rejected"])
            for (key, offsets) in try offsets(kafka.contents(kafka.topics.results), by: { _, record in record.key }) {
                #expect(offsets == offsets.sorted(), "of the key \(key ?? [])")
            }
        }
    }

    @Test func aSlowKeyStopsNoOther() async throws {
        try await onOwnThread {
            let kafka = try TestKafka(partitions: 1)
            defer { kafka.close() }
            // What runs on is killed at once when the node ends.
            let node = try TestNode(kafka, Self.pool + ["ordering=key", "shutdown.drainMs=0"])
            let slow = [request("slow", "sleep", #"{"ms":\#(Patience.milliseconds / 2)}"#), request("behind")]
            try kafka.submit(
                (slow + (0..<60).map { request("r\($0)") }).map { Array($0.utf8) },
                keys: [[1], [1]] + (0..<60).map { [2 + UInt8($0 % 5)] })
            let ids = Set(try kafka.results(60).map(\.requestID))
            #expect(ids.isDisjoint(with: ["slow", "behind"]))
            #expect(try node.stop() == 0)
        }
    }

    @Test func resultsOfAPartitionComeInTheOrderOfItsRequests() async throws {
        try await onOwnThread {
            let kafka = try TestKafka(partitions: 3)
            defer { kafka.close() }
            try kafka.submit(
                (0..<120).map { request("r\($0)", "sleep", #"{"ms":\#($0 % 5)}"#) }.map { Array($0.utf8) },
                // All results in one partition: there the order of one requests partition can be seen.
                keys: (0..<120).map { _ in [1] })
            try kafka.submit((120..<240).map { request("r\($0)") })
            let node = try TestNode(kafka, Self.pool + ["ordering=partition"])
            _ = try kafka.results(240)
            #expect(try node.stop() == 0)
            let records = try kafka.contents(kafka.topics.results).filter { $0.key == [1] }
            let found = try offsets(records) { result, _ in result["request"]?["partition"]?.integer }
            #expect(found.values.allSatisfy { $0 == $0.sorted() })
            #expect(found.values.reduce(0) { $0 + $1.count } == 120)
        }
    }
}
