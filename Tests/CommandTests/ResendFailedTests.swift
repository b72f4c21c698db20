import Kafka
import Messages
import Strategies
import TestSupport
import Testing

/// `submit SWEEP --resend-failed`: what can still make a sweep complete is sent, and nothing else. The results are put
/// there by the tests.
@Suite(.serialized, .machine) struct ResendFailedTests {
    private let bench: SweepBench
    private let sweep = SweepBench.sweep("mend", fastest: 8)
    private var requests: String { bench.bench.names.requests }

    init() throws { bench = try SweepBench() }

    private func step(_ record: KafkaRecord) throws -> Int {
        let value = try JSONValue.parse(record.value ?? [])
        return try #require(value["request_id"]?.string.flatMap(StepID.init)?.step)
    }

    private func place(_ record: KafkaRecord) -> SweepBench.Place { (requests, record.partition, record.offset) }

    /// Sends what has failed again, and says how many steps that were.
    private func resend() throws -> (sent: Int?, words: String) {
        let outcome = try bench.submit(sweep, ["--resend-failed", "--json"])
        #expect(outcome.code == 0, "\(outcome.words)")
        return (try objects(outcome.output).first?["acknowledged"]?.integer, outcome.words)
    }

    @Test func whatHasFailedIsSentOnceAndWhatIsCompleteOrUnderWayIsNot() throws {
        defer { #expect(throws: Never.self) { try bench.close() } }
        let plan = try bench.plan(sweep)
        #expect(plan.stepCount == 4)
        #expect(try resend().sent == 4, "nothing was sent before: all are missing")
        let first = try bench.bench.records(requests)
        #expect(try Set(first.map(step)) == [0, 1, 2, 3])
        #expect(try resend().sent == 0, "all are under way")

        let byStep = try Dictionary(uniqueKeysWithValues: first.map { (try step($0), $0) })
        // One complete, one failed, one that failed and was completed by another attempt, one under way.
        try bench.produce(resultOf: plan, 0)
        try bench.produce(failureOf: plan, 1, place: place(#require(byStep[1])))
        try bench.produce(failureOf: plan, 2, place: place(#require(byStep[2])))
        try bench.produce(resultOf: plan, 2)
        let again = try resend()
        #expect(again.sent == 1)
        #expect(again.words.contains("1 step acknowledged by \(requests), 2 are complete, 1 have no result yet"))
        let all = try bench.bench.records(requests)
        let new = try #require(all.first { record in !first.contains { $0.place == record.place } })
        #expect(try all.count == 5 && step(new) == 1)

        #expect(try resend().sent == 0, "what was sent again is under way, though its first request has failed")
        try bench.produce(failureOf: plan, 1, "timed_out", "deadline_exceeded", place: place(new))
        #expect(try resend().sent == 1, "it has failed again")
    }

    @Test func failuresOfAnotherSweepUnderTheSameNameDoNotCount() throws {
        defer { #expect(throws: Never.self) { try bench.close() } }
        let other = try bench.plan(sweep.replacing("\"target_value\": 6", with: "\"target_value\": 8"))
        #expect(try resend().sent == 4)
        let record = try #require(bench.bench.records(requests).first)
        try bench.produce(failureOf: other, step(record), place: place(record))
        #expect(try resend().sent == 0)
    }

    @Test func itGoesWithNothingThatContradictsIt() throws {
        defer { #expect(throws: Never.self) { try bench.close() } }
        for option in ["--resend-all", "--dry-run"] {
            let outcome = try bench.submit(sweep, ["--resend-failed", option])
            #expect(outcome.code == 64)
            #expect(outcome.words.contains("does not go with \(option)"))
        }
    }
}

extension KafkaRecord {
    fileprivate var place: String { "\(partition):\(offset)" }
}
