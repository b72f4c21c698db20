import Kafka
import Messages
import TestSupport
import Testing

@testable import Worker

@Suite struct BadInputTests {
    private struct Case: Sendable {
        let name: String
        let value: [UInt8]?
        let code: String
        let words: String

        init(_ name: String, _ text: String, _ code: String, _ words: String) {
            self.init(name, bytes: Array(text.utf8), code, words)
        }

        init(_ name: String, bytes: [UInt8]?, _ code: String, _ words: String) {
            self.name = name
            value = bytes
            self.code = code
            self.words = words
        }
    }

    private static let cases: [Case] = [
        Case("not JSON", "hello", "invalid_json", "byte 0"),
        Case("truncated", #"{"request_id":"cut","strategy":{"na"#, "invalid_json", "ends inside"),
        Case(
            "invalid UTF-8", bytes: Array(#"{"request_id":""#.utf8) + [0xFF] + Array(#""}"#.utf8), "invalid_json",
            "UTF-8"),
        Case("wrong types", #"{"request_id":"types","strategy":[]}"#, "invalid_request", "strategy is a list"),
        Case("no id", #"{"strategy":{"name":"noop"}}"#, "invalid_request", "request_id is missing"),
        Case("unknown strategy", request("u", "nooop"), "unknown_strategy", "did you mean \"noop\"?"),
        Case("unknown parameter", request("p", "sleep", #"{"mss":1}"#), "invalid_parameters", "did you mean \"ms\"?"),
        Case("out of range", request("o", "sma_crossover", #"{"fast":0}"#), "invalid_parameters", "fast is 0, must be"),
        Case(
            "too much asked", request("m", more: #","limits":{"memory_mb":99999}"#), "limits_not_available",
            "at most 512"),
        Case(
            "unknown data set", request("d", "sma_crossover", more: #","data":{"dataset":"nowhere"}"#),
            "unknown_dataset", "nowhere"),
        Case("a megabyte of brackets", String(repeating: "[", count: 900_000), "invalid_json", "expected an object"),
        Case(
            "nested brackets", #"{"request_id":"deep","x":"# + String(repeating: "[", count: 900_000), "invalid_json",
            "nested deeper than 128"),
        Case(
            "as large as it gets", request("large", more: #","x":"\#(String(repeating: "y", count: 990_000))""#) + "}",
            "invalid_json", "expected the end"),
        Case(
            "a time before all years", request("t", more: #","expires_at":"0000-01-01T00:00:00+00:01""#),
            "invalid_request", "expires_at is"),
        Case(
            "a name of most of a megabyte",
            #"{"request_id":"name","strategy":{"name":"noop","\#(String(repeating: "é", count: 450_000))":1}}"#,
            "invalid_request", "unknown member"),
        Case("empty value", bytes: [], "invalid_json", "empty"),
        Case("tombstone", bytes: nil, "invalid_request", "tombstone"),
    ]

    @Test func everyBadRequestGetsOneRejectionAndItsUntouchedOriginalADeadLetter() async throws {
        try await onOwnThread {
            let kafka = try TestKafka(partitions: 2)
            defer { kafka.close() }
            let keys = Self.cases.indices.map { $0 % 2 == 0 ? Array("case-\($0)".utf8) : nil }
            try kafka.submit(Self.cases.map(\.value), keys: keys)
            try kafka.submit([request("good")])
            let node = try TestNode(kafka)
            let results = try kafka.results(Self.cases.count + 1)
            let letters = try kafka.read(kafka.topics.deadLetters) { $0.count >= Self.cases.count }
            #expect(try node.stop() == 0)
            #expect(results.count == Self.cases.count + 1)
            #expect(letters.count == Self.cases.count)
            #expect(results.contains { $0.requestID == "good" && $0.status == "completed" })
            for entry in Self.cases { check(entry, results, letters, kafka.topics.requests) }
        }
    }

    @Test func withoutAKeyTheResultIsKeyedByTheRequestOrByItsPlaceAndTheDeadLetterByItsPlace() async throws {
        try await onOwnThread {
            let kafka = try TestKafka(partitions: 1)
            defer { kafka.close() }
            try kafka.submit([request("runs"), request("wrong", "nooop"), "hello"])
            let node = try TestNode(kafka)
            let results = try kafka.results(3)
            let letters = try kafka.read(kafka.topics.deadLetters) { $0.count >= 2 }
            #expect(try node.stop() == 0)
            #expect(results.map(\.status).sorted() == ["completed", "rejected", "rejected"])
            let keys = results.map { String(decoding: $0.record.key ?? [], as: UTF8.self) }
            #expect(Set(keys) == ["runs", "wrong", "\(kafka.topics.requests)-0-2"])
            let places = letters.map { String(decoding: $0.key ?? [], as: UTF8.self) }
            #expect(Set(places) == ["\(kafka.topics.requests)-0-1", "\(kafka.topics.requests)-0-2"])
        }
    }

    private func check(_ entry: Case, _ results: [TestResult], _ letters: [KafkaRecord], _ topic: String) {
        guard
            let letter = letters.first(where: {
                $0.value == entry.value && $0.header("optimizer_error_code") == Array(entry.code.utf8)
            })
        else {
            Issue.record("no dead letter for: \(entry.name)")
            return
        }
        let place = ["optimizer_origin_partition", "optimizer_origin_offset"].map { name in
            letter.header(name).flatMap { Int(String(decoding: $0, as: UTF8.self)) } ?? -1
        }
        let result = results.first {
            [$0.json["request"]?["partition"]?.integer, $0.json["request"]?["offset"]?.integer] == place
        }
        #expect(result?.status == "rejected", "\(entry.name)")
        #expect(result?.code == entry.code, "\(entry.name): \(result?.message ?? "")")
        #expect(result?.message.contains(entry.words) == true, "\(entry.name): \(result?.message ?? "")")
        #expect(letter.header("optimizer_origin_topic") == Array(topic.utf8))
        #expect(letter.header("optimizer_error_message") != nil)
        let coordinates = Array("\(topic)-\(place[0])-\(place[1])".utf8)
        #expect(letter.key == result?.record.key || letter.key == coordinates, "\(entry.name)")
    }

    @Test func aDeadLetterTooLargeForItsTopicBecomesItsCoordinates() async throws {
        try await onOwnThread {
            let kafka = try TestKafka(partitions: 1)
            defer { kafka.close() }
            try kafka.submit([String(repeating: "x", count: 900_000), request("next")])
            let node = try TestNode(kafka, ["kafka.producer.message.max.bytes=100000"])
            let results = try kafka.results(2)
            let letter = try #require(try kafka.read(kafka.topics.deadLetters) { !$0.isEmpty }.first?.value)
            #expect(try node.stop() == 0)
            let json = try JSONValue.parse(letter)
            #expect(json["truncated"]?.bool == true)
            #expect(json["offset"]?.integer == 0)
            #expect((json["original_bytes"]?.integer ?? 0) >= 900_000)
            #expect(json["error_code"]?.string == "invalid_json")
            #expect(results.contains { $0.requestID == "next" && $0.status == "completed" })
        }
    }

    @Test func aResultTooLargeForItsTopicFailsAndBlocksNothing() async throws {
        try await onOwnThread {
            let kafka = try TestKafka(partitions: 1)
            defer { kafka.close() }
            let labels = (0..<40).map { #""l\#($0)":"\#(String(repeating: "v", count: 3000))""# }.joined(separator: ",")
            try kafka.submit([request("big", more: #","labels":{\#(labels)}"#), request("next")])
            let node = try TestNode(kafka, ["kafka.producer.message.max.bytes=100000"])
            let results = try kafka.results(2)
            #expect(try node.stop() == 0)
            let big = results.first { $0.requestID == "big" }
            #expect(big?.status == "failed")
            #expect(big?.code == "result_too_large")
            #expect(results.contains { $0.requestID == "next" && $0.status == "completed" })
        }
    }

    @Test func aRefusalWhoseReasonIsAllTheRequestBlocksNothing() async throws {
        try await onOwnThread {
            let kafka = try TestKafka(partitions: 1)
            defer { kafka.close() }
            // One letter with 400 kB of accents on it, where a parameter's name should be.
            let name = "e" + String(repeating: "\u{301}", count: 200_000)
            try kafka.submit([request("accents", "sleep", #"{"\#(name)":1}"#), request("next")])
            let node = try TestNode(kafka, ["kafka.producer.message.max.bytes=20000"])
            let results = try kafka.results(2)
            #expect(try node.stop() == 0)
            let refused = results.first { $0.requestID == "accents" }
            #expect(refused?.status == "rejected")
            #expect(refused?.code == "invalid_parameters")
            #expect(results.contains { $0.requestID == "next" && $0.status == "completed" })
        }
    }
}
