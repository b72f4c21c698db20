import Kafka
import Messages
import TestSupport
import Testing

@testable import Worker

@Suite struct TraceTests {
    private static let id = "0af7651916cd43dd8448eb211c80319c"

    private func traceID(_ value: String) -> String? {
        TraceParent.traceID(in: [MessageHeader(name: "traceparent", value: Array(value.utf8))])
    }

    @Test func readsTheTraceIDAndRefusesWhatBreaksTheRules() {
        #expect(traceID("00-\(Self.id)-b7ad6b7169203331-01") == Self.id)
        #expect(traceID("cc-\(Self.id)-b7ad6b7169203331-01-more") == Self.id)
        let broken = [
            "", "00", "00-\(Self.id)-b7ad6b7169203331", "00-\(Self.id)-b7ad6b7169203331-01-more",
            "ff-\(Self.id)-b7ad6b7169203331-01", "00-\(Self.id.uppercased())-b7ad6b7169203331-01",
            "00-\(String(repeating: "0", count: 32))-b7ad6b7169203331-01", "00-\(Self.id)-0000000000000000-01",
        ]
        for value in broken { #expect(traceID(value) == nil, "\(value)") }
        #expect(TraceParent.traceID(in: []) == nil)
    }

    @Test func namesTheTraceInLogLinesAndPassesItOnInTheResult() async throws {
        try await onOwnThread {
            let kafka = try TestKafka()
            defer { kafka.close() }
            let header = "00-\(Self.id)-b7ad6b7169203331-01"
            let node = try TestNode(kafka, ["pool.maxConcurrentStrategies=2", "limits.memoryMB=64"])
            try kafka.submit(
                [Array(request("bad", "no_such_strategy").utf8)],
                headers: [KafkaHeader(name: "traceparent", value: Array(header.utf8))])
            let result = try kafka.results(1)
            let passed = result.first?.record.headers.first { $0.name == "traceparent" }?.value
            #expect(passed == Array(header.utf8))
            let line = node.log.all.first { $0.contains("request rejected") } ?? ""
            #expect(line.contains("\"request_id\":\"bad\"") && line.contains("\"trace_id\":\"\(Self.id)\""))
            #expect(try node.stop() == 0)
        }
    }
}
