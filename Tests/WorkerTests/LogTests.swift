import Messages
import TestSupport
import Testing

@testable import Worker

@Suite struct LogTests {
    @Test(
        arguments: [
            (0, "error"), (3, "error"), (4, "warning"), (5, "info"), (6, "info"), (7, "debug"),
        ] as [(Int32, String)])
    func aLineOfLibrdkafkasHasOurLevelForItsOwn(level: Int32, ours: String) throws {
        let lines = LogLines()
        Log(minimum: .debug, format: .json) { lines.append($0) }.librdkafka(level, "FAIL", "gone")
        let text = try #require(lines.all.first)
        let line = try JSONValue.parse(Array(text.utf8))
        #expect(line["level"]?.string == ours && line["message"]?.string == "gone")
        #expect(line["source"]?.string == "librdkafka" && line["facility"]?.string == "FAIL")
    }

    @Test func whatLibrdkafkaLogsStandsInTheNodesLog() async throws {
        try await onOwnThread {
            let kafka = try TestKafka(partitions: 1)
            defer { kafka.close() }
            // A producer's property given to every client: of this the consumer complains, as a warning.
            let node = try TestNode(kafka, ["kafka.client.linger.ms=1"])
            try eventually("the warning") {
                node.log.all.contains { line in
                    guard let line = try? JSONValue.parse(Array(line.utf8)) else { return false }
                    return line["source"]?.string == "librdkafka" && line["level"]?.string == "warning"
                        && line["message"]?.string?.contains("is a producer property") == true
                }
            }
            #expect(try node.stop() == 0)
        }
    }
}
