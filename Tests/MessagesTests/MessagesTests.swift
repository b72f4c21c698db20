import Testing

@testable import Messages

@Suite struct TimestampTests {
    @Test(
        arguments: [
            (0, "1970-01-01T00:00:00.000Z"), (951_782_400_123, "2000-02-29T00:00:00.123Z"),
            (1_767_225_599_999, "2025-12-31T23:59:59.999Z"), (-1, "1969-12-31T23:59:59.999Z"),
        ] as [(Int64, String)])
    func formatsAndReadsBack(milliseconds: Int64, text: String) {
        #expect(Timestamp(milliseconds: milliseconds).rfc3339 == text)
        #expect(Timestamp(rfc3339: text)?.milliseconds == milliseconds)
    }

    @Test(arguments: [
        "", "2026-02-29T00:00:00Z", "2026-13-01T00:00:00Z", "2026-01-01", "2026-01-01T25:00:00Z", "2026-01-01T00:00:00",
        "2026-01-01T00:00:00.Z", "2026-01-01T00:00:00Zx", "yesterday", "0000-01-01T00:00:00+00:01",
        "9999-12-31T23:59:60Z", "9999-12-31T23:30:00-01:00",
    ])
    func refusesWhatIsNoTime(text: String) {
        #expect(Timestamp(rfc3339: text) == nil)
    }

    @Test(arguments: [Int64.min, -62_167_219_200_001, 253_402_300_800_000, .max])
    func aTimeThatCannotBeWrittenIsTheNearestThatCan(milliseconds: Int64) {
        let nearest = milliseconds < 0 ? "0000-01-01T00:00:00.000Z" : "9999-12-31T23:59:59.999Z"
        #expect(Timestamp(milliseconds: milliseconds).rfc3339 == nearest)
    }

    @Test func timesTooFarApartAreAsFarAsCanBeTold() {
        let (first, last) = (Timestamp(milliseconds: .min), Timestamp(milliseconds: .max))
        #expect(last.milliseconds(since: first) == .max)
        #expect(first.milliseconds(since: last) == .min)
        #expect(Timestamp(milliseconds: 7).milliseconds(since: Timestamp(milliseconds: 9)) == -2)
    }

    @Test func readsOffsets() {
        #expect(Timestamp(rfc3339: "2026-01-01T01:30:00+01:30") == Timestamp(rfc3339: "2026-01-01T00:00:00Z"))
    }
}

@Suite struct NearestNameTests {
    private let names = ["fast", "slow", "direction"]

    @Test func findsTypingErrors() {
        #expect(nearestName(to: "fsat", in: names) == "fast")
        #expect(nearestName(to: "Direktion", in: names) == "direction")
        #expect(nearestName(to: "slo", in: names) == "slow")
    }

    @Test func givesNothingWhereNothingIsNear() {
        #expect(nearestName(to: "period", in: names) == nil)
        #expect(nearestName(to: String(repeating: "a", count: 1_000_000), in: names) == nil)
    }
}

@Suite struct HostReplyTests {
    private func parse(_ text: String) throws -> HostReply { try HostReply.parse(Array(text.utf8)) }

    @Test func passesTheHostsMembersOnAndDropsTheNodes() throws {
        let reply = try parse(#"{"status":"completed","statistics":{"a":1.5},"node":"forged","x":[1, 2]}"#)
        #expect(reply.status == .completed)
        #expect(String(decoding: reply.members, as: UTF8.self) == #""statistics":{"a":1.5},"x":[1, 2]"#)
    }

    @Test func readsAnError() throws {
        let reply = try parse(#"{"status":"failed","error":{"code":"c","message":"m","retryable":true}}"#)
        #expect(reply.problem == HostReply.ReplyProblem(code: "c", message: "m", isRetryable: true, details: nil))
    }

    @Test(arguments: [
        "", "[]", "{}", #"{"status":"done"}"#, #"{"status":"failed"}"#, #"{"status":"completed"} x"#,
        #"{"status":"completed","a":{]}"#, #"{"status":"failed","error":"no"}"#,
    ])
    func refusesBabble(text: String) {
        #expect(throws: JSONProblem.self) { try parse(text) }
    }
}

@Suite struct StrategyResultTests {
    private let origin = RequestOrigin(topic: "t", partition: 3, offset: 9, key: Array("k".utf8))
    private let timing = ResultTiming(queuedMs: 1.23456, stepMs: 2, totalMs: 3.5)

    @Test func splicesTheHostsMembers() throws {
        var result = StrategyResult(requestID: "r", status: .completed, origin: origin, node: "n", timing: timing)
        result.members = Array(#""statistics":{"a":1}"#.utf8)[...]
        result.labels = Array(#"{"l":"v"}"#.utf8)
        result.usage = ResultUsage(cpuMs: 1, maxRSSMB: 5.5)
        let json = try JSONValue.parse(result.encoded())
        #expect(json["request_id"]?.string == "r")
        #expect(json["status"]?.string == "completed")
        #expect(json["error"] == .null)
        #expect(json["statistics"]?["a"] == .integer(1))
        #expect(json["request"]?["key"]?.string == "k")
        #expect(json["timing"]?["queued_ms"] == .number(1.235))
        #expect(json["usage"]?["max_rss_mb"]?.double == 5.5)
    }

    @Test func writesAKeyThatIsNoTextAsNull() throws {
        let binary = RequestOrigin(topic: "t", partition: 3, offset: 9, key: [0xFF])
        var result = StrategyResult(requestID: "t-3-9", status: .rejected, origin: binary, node: "n", timing: timing)
        result.failure = StrategyResult.Failure(code: "invalid_json", message: "m \"q\"", isRetryable: false)
        let json = try JSONValue.parse(result.encoded())
        #expect(json["request"]?["key"] == .null)
        #expect(json["error"]?["message"]?.string == "m \"q\"")
    }
}
