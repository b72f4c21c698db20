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
        Log(minimum: .debug, format: .json) { lines.append($0) }.librdkafka(level, "TERM", "gone")
        let text = try #require(lines.all.first)
        let line = try JSONValue.parse(Array(text.utf8))
        #expect(line["level"]?.string == ours && line["message"]?.string == "gone")
        #expect(line["source"]?.string == "librdkafka" && line["facility"]?.string == "TERM")
    }

    /// The node has a line of its own for a broker that goes, and one for when it is back.
    @Test func whatLibrdkafkaSaysOfAConnectionThatFailsIsForDebugging() {
        let lines = LogLines()
        let log = Log(minimum: .info, format: .json) { lines.append($0) }
        log.librdkafka(3, "FAIL", "Connection refused")
        #expect(lines.all.isEmpty)
    }

    /// The text format is read by people, and by programs that break it at lines: nobody's words make a line, or a
    /// field, of their own.
    @Test(arguments: [
        ("plain-1", "plain-1"), ("", "\"\""), ("two words", "\"two words\""), ("a=b", "\"a=b\""),
        ("say \"x\"\\", #""say \"x\"\\""#),
        (
            "\u{1B}[2J\u{1B}[Hx\n12:00:00.000 ERROR forged line",
            #""\u{1B}[2J\u{1B}[Hx\u{A}12:00:00.000 ERROR forged line""#
        ),
        ("x\u{2028}y\u{202E}z", #""x\u{2028}y\u{202E}z""#), ("a\u{A0}level=error", "\"a\u{A0}level=error\""),
    ])
    func whatComesFromOutsideIsOneValueInTheTextLog(value: String, shown: String) throws {
        let lines = LogLines()
        let log = Log(minimum: .debug, format: .text) { lines.append($0) }
        log.info("request rejected", JSONMember("request_id", .string(value)), JSONMember("n", .integers([1, 2])))
        let line = try #require(lines.all.first)
        #expect(line.dropFirst(13) == "INFO request rejected request_id=\(shown) n=[1,2]")
        log.librdkafka(4, "TERM", "a\u{1B}[2J\nb")
        #expect(lines.all[1].hasSuffix(#" WARNING a\u{1B}[2J\u{A}b source=librdkafka facility=TERM"#))
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
