import Kafka
import Messages
import Testing

@testable import Strategies
@testable import optimizer

/// What a sweep in rounds makes of results that it did not ask for.
@Suite struct RoundSubmissionTests {
    private func plan() throws -> SweepPlan {
        let text = #"""
            {"type":"optimization","optimization_id":"s","strategy":{"name":"sma_crossover"},"data":{"dataset":"walk"},
            "parameters":[{"name":"stop_loss_pct","min":1,"max":2}],
            "search":{"method":"tpe","max_evaluations":8,"per_round":4}}
            """#
        return SweepPlan(try Sweep.parse(Array(text.utf8)), version: nil, bars: 500)
    }

    private func record(_ plan: SweepPlan, _ step: Int, _ rest: String) -> TopicScan.Event {
        let id = plan.requestID(ofStep: step)
        let text = #"{"type":"optimization_result","request_id":"\#(id)",\#(rest)}"#
        return .record(
            KafkaRecord(partition: 0, offset: 0, timestampMs: 0, key: nil, value: Array(text.utf8), headers: []))
    }

    private func submission(_ plan: SweepPlan) throws -> RoundSubmission {
        RoundSubmission(try #require(SweepRounds(plan)), SentSteps(of: plan), resendsFailed: false)
    }

    @Test(arguments: [2, 3, Int.max]) func aStepThatTheSweepDoesNotHaveIsPassedOver(step: Int) throws {
        let plan = try plan()
        #expect(plan.stepCount == 2)
        var work = try submission(plan)
        for rest in [#""status":"completed","heatmap":[]"#, #""status":"failed""#, #""status":7"#] {
            #expect(work.take(record(plan, step, rest)) { _, _ in true })
        }
        #expect(work.problem == nil)
        var sent: [Int] = []
        #expect(
            work.take(.caughtUp) { step, _ in
                sent.append(step)
                return true
            })
        #expect(sent == [0])
    }

    @Test(arguments: [
        #""heatmap":[]"#, #""heatmap":null"#, #""heatmap":[[0,1.0,[0]],[1,1.0,[0]],[2,1.0,[0]],[3,1.0,[1000001]]]"#,
        #""heatmap":[[0,1.0,[]],[1,1.0,[0]],[2,1.0,[0]],[3,1.0,[0]]]"#,
        #""heatmap":[[0,1.0],[1,1.0],[2,1.0],[3,1.0]]"#,
    ]) func aResultThatIsNotOfItsSetsEndsItWithAnError(heatmap: String) throws {
        let plan = try plan()
        var work = try submission(plan)
        #expect(!work.take(record(plan, 0, #""status":"completed",\#(heatmap)"#)) { _, _ in true })
        #expect(work.problem?.message.contains("is not of the sets that it asks for") == true)
    }

    @Test func figuresAsLargeAsDoublesAreAreRankedAndTheNextRoundFollows() throws {
        let plan = try plan()
        var work = try submission(plan)
        let sets = #"[[0,1.7e308,[0]],[1,-1.7e308,[1000000]],[2,null,[500000]],[3,"x",[500000]]]"#
        #expect(work.take(record(plan, 0, #""status":"completed","heatmap":\#(sets)"#)) { _, _ in true })
        var sent: [Int] = []
        #expect(
            work.take(.caughtUp) { step, _ in
                sent.append(step)
                return true
            })
        #expect(work.problem == nil && sent == [1])
    }
}
