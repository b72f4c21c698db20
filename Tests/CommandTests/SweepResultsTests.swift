import Kafka
import Messages
import Strategies
import TestSupport
import Testing

/// What `results --sweep` and a second `submit` make of what the topics hold. The results are put there by the tests.
@Suite(.serialized, .machine) struct SweepResultsTests {
    /// Two steps.
    private static func sweep(_ id: String) -> String { SweepBench.sweep(id, fastest: 4) }

    @Test func aSweepWhoseStepsAllFailEndsWithOneAndTheRemedies() throws {
        let bench = try SweepBench()
        defer { #expect(throws: Never.self) { try bench.close() } }
        #expect(try bench.submit(Self.sweep("bad")).code == 0)
        let plan = try bench.plan(Self.sweep("bad"))
        let request = try #require(bench.bench.records(bench.bench.names.requests).first)
        for step in 0..<plan.stepCount {
            try bench.produce(
                failureOf: plan, step, place: (bench.bench.names.requests, request.partition, request.offset))
        }
        let outcome = try bench.merged("bad")
        #expect(outcome.code == 1)
        #expect(outcome.words.contains("step 1 rejected (unknown_dataset): no walk here"), "\(outcome.words)")
        #expect(outcome.words.contains("0 of 2 steps of bad are complete, 2 failed"), "\(outcome.words)")
        #expect(outcome.words.contains("optimizer dead-letters replay --code unknown_dataset"), "\(outcome.words)")
        #expect(outcome.words.contains("optimizer submit SWEEP --resend-failed"), "\(outcome.words)")

        let lost = try bench.plan(Self.sweep("lost"))
        try bench.produce(failureOf: lost, 0, place: ("optimizer.gone", 0, 0))
        let end = try bench.merged("lost")
        #expect(end.code == 1)
        #expect(end.words.contains("1 failed; how many it has is not known"), "\(end.words)")
    }

    @Test func aSweepThatNobodySubmittedIsSaidToBeNoneAndTheNearestIsNamed() throws {
        let bench = try SweepBench()
        defer { #expect(throws: Never.self) { try bench.close() } }
        let empty = try bench.merged("nothing")
        #expect(empty.code == 1)
        #expect(empty.words.contains("no sweep \"nothing\": neither "), "\(empty.words)")
        #expect(try bench.submit(Self.sweep("spring")).code == 0)
        try bench.produce(resultOf: bench.plan(Self.sweep("autumn")), 0)
        let typo = try bench.merged("sprin")
        #expect(typo.code == 1)
        #expect(typo.words.contains("did you mean \"spring\"?; they hold steps of: autumn, spring"), "\(typo.words)")
    }

    @Test func aRepairedStepIsCompleteWhereverItsResultStands() throws {
        let bench = try SweepBench()
        defer { #expect(throws: Never.self) { try bench.close() } }
        let plan = try bench.plan(Self.sweep("mended"))
        // Failures first, a good result between, and one failure more after the good results.
        for step in [0, 1] { try bench.produce(failureOf: plan, step) }
        try bench.produce(resultOf: plan, 0, place: ("optimizer.gone", 0, 0))
        try bench.produce(failureOf: plan, 7)
        let part = try bench.merged("mended")
        #expect(part.code == 1)
        #expect(part.words.contains("1 of 2 steps of mended are complete, 1 failed"), "\(part.words)")
        try bench.produce(resultOf: plan, 1)
        try bench.produce(failureOf: plan, 0)
        let page = bench.bench.folder.file("mended.html")
        let whole = try bench.merged("mended", ["--html", page])
        #expect(whole.code == 0, "\(whole.words)")
        #expect(whole.words.contains("2 of 2 steps of mended are complete\n"), "\(whole.words)")
        #expect(!whole.words.contains("--resend-failed"), "\(whole.words)")
        #expect(whole.words.contains("sets: 543 evaluated, 0 skipped, 0 failed"), "\(whole.words)")
        // The requests topic its results name is gone: the page says so.
        #expect(bench.bench.folder.text("mended.html").contains("no longer in the requests topic"))
    }

    @Test func anotherSweepUnderTheSameIDIsRefusedAndNeverMixed() throws {
        let bench = try SweepBench()
        defer { #expect(throws: Never.self) { try bench.close() } }
        let corrected = Self.sweep("s1").replacing("\"target_value\": 6", with: "\"target_value\": 8")
        #expect(try bench.submit(Self.sweep("s1")).code == 0)
        let again = try bench.submit(Self.sweep("s1"))
        #expect(again.code == 0)
        #expect(again.words.contains("2 were there already (--resend-failed sends"), "\(again.words)")
        for options in [[], ["--resend-all"], ["--resend-failed"]] {
            let refused = try bench.submit(corrected, options)
            #expect(refused.code == 65)
            #expect(refused.words.contains("another optimization_id"), "\(refused.words)")
        }
        #expect(try bench.bench.records(bench.bench.names.requests).count == 2)

        let old = try bench.plan(Self.sweep("s1"))
        for step in 0..<2 { try bench.produce(resultOf: old, step) }
        #expect(try bench.merged("s1").code == 0)
        let new = try bench.plan(corrected)
        try bench.produce(resultOf: new, 1)
        let mixed = try bench.merged("s1", ["--now", "--json"])
        #expect(mixed.code == 1)
        #expect(mixed.words.contains("1 of 2 steps of s1 are complete, 1 have no result yet"), "\(mixed.words)")
        #expect(mixed.words.contains("this is the newest (digest \(new.digest))"), "\(mixed.words)")
        let sets = try objects(mixed.output).first?["top"]?.elements?.compactMap { $0["index"]?.integer } ?? []
        #expect(!sets.isEmpty && sets.allSatisfy { new.sets(ofStep: 1).contains($0) })
    }

    @Test func aSweepThatRanksNothingSaysWhy() throws {
        let bench = try SweepBench()
        defer { #expect(throws: Never.self) { try bench.close() } }
        let skipped = Self.sweep("skipped").replacing("\"less\"", with: "\"greater\"")
        let short = Self.sweep("short").replacing("\"timeframe\": \"1d\"", with: "\"end\": \"2010-01-20\"").replacing(
            ",\n  \"out_of_sample\": {\"start\": \"2015-01-01\"}", with: "")
        let strict = Self.sweep("strict").replacing("\"target_value\": 6", with: "\"target_value\": 6000")
        let cases = [
            ("skipped", skipped, "543 skipped", "543 broke parameter_constraints or a rule of the strategy"),
            (
                "short", short, "543 failed",
                "set 0 could not run (insufficient_data): sma_crossover needs at least 21 bars"
            ),
            ("strict", strict, "543 constraint_rejected", "543 did not satisfy the constraints"),
        ]
        for (id, text, count, reason) in cases {
            let plan = try bench.plan(text)
            for step in 0..<plan.stepCount { try bench.produce(resultOf: plan, step) }
            let page = bench.bench.folder.file("\(id).html")
            let outcome = try bench.merged(id, ["--html", page])
            #expect(outcome.code == 0)
            #expect(outcome.words.contains(count), "\(outcome.words)")
            #expect(outcome.words.contains(reason), "\(outcome.words)")
            #expect(outcome.words.contains("No set is ranked: 543 "), "\(outcome.words)")
            let html = bench.bench.folder.text("\(id).html")
            #expect(html.contains("No set is ranked: 543 ") && html.contains(reason), "\(id)")
            #expect(!html.contains("the best set</span>"), "\(id)")
        }
        let empty = try bench.submit(Self.sweep("empty").replacing("2015-01-01", with: "2001-01-01"), ["--dry-run"])
        #expect(empty.code == 65)
        #expect(empty.words.contains("none is before it"), "\(empty.words)")
    }

    @Test func anOutOfSamplePartThatIsTooShortIsToldFromNone() throws {
        let bench = try SweepBench()
        defer { #expect(throws: Never.self) { try bench.close() } }
        let text = Self.sweep("late").replacing("2015-01-01", with: "2017-08-25")
        let plan = try bench.plan(text)
        for step in 0..<plan.stepCount { try bench.produce(resultOf: plan, step) }
        let outcome = try bench.merged("late", ["--html", bench.bench.folder.file("late.html")])
        #expect(outcome.code == 0)
        #expect(outcome.lines.first?.contains("OUT OF SAMPLE") == true)
        #expect(outcome.words.contains("The out-of-sample part, from 2017-08-25 on, has 6 bars"), "\(outcome.words)")
        let html = bench.bench.folder.text("late.html")
        #expect(html.contains("The out-of-sample part, from 2017-08-25 on, has 6 bars"))
        #expect(!html.contains("The sweep kept no bars back"))
    }
}
