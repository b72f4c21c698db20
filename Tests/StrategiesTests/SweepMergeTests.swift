import Foundation
import Messages
import Testing

@testable import Strategies

/// What steps find and how their results come together.
@Suite struct SweepMergeTests {
    private let fixture: SweepFixture

    init() throws { fixture = try SweepFixture() }

    @Test func theOutcomeDependsOnNeitherOrderNorDuplicatesNorSplit() throws {
        let plan = try fixture.plan(fixture.sweep(), bars: 12_000)
        #expect(plan.stepCount == 7)
        let results = try (0..<7).map { try fixture.result(plan, $0, node: $0 % 2 == 0 ? "a" : "b") }
        let expected = try fixture.merge(results)
        var generator = SeededGenerator(seed: 50)
        for _ in 0..<10 {
            let shuffled = (results + results.prefix(3)).shuffled(using: &generator)
            #expect(try fixture.merge(shuffled) == expected)
        }
        let whole = try JSONValue.parse(fixture.merge([fixture.result(fixture.plan(fixture.sweep(), bars: 1000), 0)]))
        let split = try JSONValue.parse(expected)
        for name in ["top", "counts", "heatmap", "strategy", "data", "grid", "objective"] {
            #expect(split[name] != nil && split[name] == whole[name], "\(name)")
        }
        #expect(split["top"]?.elements?.count == 7)
        #expect(split["heatmap"]?.elements?.count == split["counts"]?["evaluated"]?.integer)
    }

    @Test func theBestOfTheSweepIsTheBestOfSingleRuns() throws {
        let sweep = try fixture.sweep()
        let plan = try fixture.plan(sweep, bars: 1000)
        let merged = try JSONValue.parse(fixture.merge([fixture.result(plan, 0)]))
        var best: (index: Int, value: Double)?
        for index in stride(from: 0, to: sweep.setCount, by: 1) where sweep.admits(sweep.parameters(of: index)) {
            let reply = try JSONValue.parse(fixture.host.run(plan.backtest(ofSet: index, isOutOfSample: false)))
            guard let statistics = reply["statistics"], (statistics["trade_count"]?.integer ?? 0) >= 6,
                let value = statistics["sharpe_ratio"]?.double
            else { continue }
            if value > best?.value ?? -.infinity { best = (index, value) }
        }
        let top = try #require(merged["top"]?.elements?.first)
        #expect(top["index"]?.integer == best?.index)
        #expect(top["objective"]?.double == best?.value)
        let index = try #require(best?.index)
        let inSample = try JSONValue.parse(fixture.host.run(plan.backtest(ofSet: index, isOutOfSample: false)))
        let outOfSample = try JSONValue.parse(fixture.host.run(plan.backtest(ofSet: index, isOutOfSample: true)))
        #expect(inSample["data"]?["end"]?.string == "2011-06-30")
        #expect(outOfSample["data"]?["start"]?.string == "2011-07-01")
        for statistic in Statistic.allCases.map(\.rawValue) {
            #expect(top["statistics"]?[statistic] == inSample["statistics"]?[statistic], "\(statistic)")
            #expect(top["out_of_sample"]?[statistic] == outOfSample["statistics"]?[statistic], "\(statistic)")
        }
        let baseline = try JSONValue.parse(fixture.host.run(plan.backtest(ofSet: 0, strategy: "buy_and_hold")))
        #expect(baseline["equity_curve"]?["equity"]?.elements?.count == 500)
    }

    @Test func everySetIsCountedOnce() throws {
        let merged = try JSONValue.parse(fixture.merge([fixture.result(fixture.plan(fixture.sweep(), bars: 1000), 0)]))
        let counts = try #require(merged["counts"])
        let sum = ["evaluated", "skipped", "failed"].reduce(0) { $0 + (counts[$1]?.integer ?? 0) }
        #expect(sum == 441)
        #expect(counts["skipped"]?.integer == 42)
        #expect((counts["constraint_rejected"]?.integer ?? 0) > 0)
    }

    @Test func aSetWithTooFewBarsFailsAloneAndAnUndefinedOneNeverWins() throws {
        let text = #"""
            {"type":"optimization","optimization_id":"my-sweep","strategy":{"name":"rsi_mean_reversion"},
            "data":{"dataset":"walk","end":"2010-03-31"},"objective":{"target":"profit_factor"},
            "parameters":[{"name":"period","min":2,"max":100,"step":1}]}
            """#
        let plan = try SweepPlan(Sweep.parse(Array(text.utf8)), dataRoot: fixture.folder.path)
        #expect(plan.bars == 63)
        let merged = try JSONValue.parse(fixture.merge([fixture.result(plan, 0)]))
        let counts = try #require(merged["counts"])
        #expect(counts["failed"]?.integer == 100 - 61)
        let undefined = try #require(counts["undefined"]?.integer)
        #expect(undefined > 0)
        let evaluated = try #require(counts["evaluated"]?.integer)
        #expect(merged["top"]?.elements?.count == min(20, evaluated - undefined))
        #expect(merged["top"]?.elements?.allSatisfy { $0["objective"]?.double != nil } == true)
    }

    @Test func tiesGoToTheLowestNumber() throws {
        // Sweeping the threshold beyond every change: no set ever trades, and all are alike.
        let text = #"""
            {"type":"optimization","optimization_id":"my-sweep","strategy":{"name":"momentum_roc"},
            "data":{"dataset":"walk"},"objective":{"target":"equity_final","extremum":"min"},
            "parameters":[{"name":"threshold","min":5000,"max":5099,"step":1}],"output":{"top":3}}
            """#
        let sweep = try Sweep.parse(Array(text.utf8))
        let plan = try fixture.plan(sweep, bars: 80_000)
        #expect(plan.stepCount == 10)
        let merged = try JSONValue.parse(fixture.merge((0..<10).reversed().map { try fixture.result(plan, $0) }))
        #expect(merged["top"]?.elements?.map { $0["index"]?.integer } == [0, 1, 2])
    }

    @Test func theRankingPutsTheUndefinedLast() {
        let most = Objective(target: .sqn, extremum: .max)
        let least = Objective(target: .sqn, extremum: .min)
        #expect(most.ranks((2, 5), before: (1, 1)) && !most.ranks((1, 1), before: (2, 5)))
        #expect(least.ranks((1, 5), before: (2, 1)) && !least.ranks((2, 1), before: (1, 5)))
        #expect(most.ranks((1, 1), before: (1, 2)) && !most.ranks((1, 2), before: (1, 1)))
        for objective in [most, least] {
            #expect(objective.ranks((1, 9), before: (.nan, 1)) && !objective.ranks((.nan, 1), before: (1, 9)))
            #expect(objective.ranks((.nan, 1), before: (.nan, 2)) && !objective.ranks((.nan, 2), before: (.nan, 1)))
        }
    }

    @Test func otherVersionsAreRefused() throws {
        let plan = try fixture.plan(fixture.sweep(), bars: 12_000)
        let one = try fixture.result(plan, 0)
        let newer = HostedStrategies(dataRoot: fixture.folder.path, engineVersion: "2.0.0")
        let text = String(decoding: one, as: UTF8.self)
        let otherData = text.replacingOccurrences(of: try #require(plan.version), with: "sha256:else")
        let reply = try HostReply.parse(newer.run(plan.request(step: 1)))
        let otherEngine =
            #"{"type":"optimization_result","status":"completed",\#(String(decoding: reply.members, as: UTF8.self))}"#
        for other in [otherData, otherEngine] {
            var merge = SweepMerge(id: "my-sweep")
            #expect(try merge.add(one) == .added)
            let problem = #expect(throws: RequestProblem.self) { try merge.add(Array(other.utf8)) }
            #expect(problem?.message.contains("do not belong together") == true)
        }
    }

    @Test func aFailedStepIsShownUntilItCompletes() throws {
        let plan = try fixture.plan(fixture.sweep(), bars: 12_000)
        func failed(_ status: String, _ code: String) -> [UInt8] {
            Array(
                #"{"type":"optimization_result","status":"\#(status)","request_id":"\#(plan.requestID(ofStep: 1))","error":{"code":"\#(code)","message":"m","retryable":true}}"#
                    .utf8)
        }
        var merge = SweepMerge(id: "my-sweep")
        #expect(try merge.add(failed("timed_out", "deadline_exceeded")) == .added)
        #expect(try merge.add(failed("crashed", "host_crashed")) == .duplicate)
        #expect(try merge.add(fixture.result(plan, 0)) == .added)
        #expect(merge.stepCount == 7 && merge.completedCount == 1 && !merge.isComplete)
        var other = SweepMerge(id: "my-sweep")
        for bytes in [
            failed("crashed", "host_crashed"), try fixture.result(plan, 0), failed("timed_out", "deadline_exceeded"),
        ] {
            _ = try other.add(bytes)
        }
        #expect(other.merged() == merge.merged())
        #expect(merge.failedSteps[1]?.code == "deadline_exceeded")
        #expect(try merge.add(fixture.result(plan, 1)) == .added)
        #expect(merge.failedSteps.isEmpty)
        #expect(try merge.add(fixture.result(plan, 1)) == .duplicate)
        for step in 2..<7 { _ = try merge.add(fixture.result(plan, step)) }
        #expect(merge.isComplete)
    }

    @Test func whatIsNoStepOfThisSweepIsPassedOver() throws {
        var merge = SweepMerge(id: "another")
        #expect(try merge.add(fixture.result(fixture.plan(fixture.sweep(), bars: 1000), 0)) == .unrelated)
        #expect(try merge.add(Array("not json".utf8)) == .unrelated)
        #expect(try merge.add(Array(#"{"type":"backtest_result","status":"completed"}"#.utf8)) == .unrelated)
        #expect(throws: RequestProblem.self) {
            _ = try merge.add(
                Array(#"{"type":"optimization_result","status":"completed","optimization_id":"another"}"#.utf8))
        }
        #expect(merge.stepCount == nil)
        #expect(throws: Never.self) { try JSONValue.parse(merge.merged()) }
    }

    @Test(arguments: [
        (#""first":400"#, #""first":401"#), (#""count":41"#, #""count":0"#), (#""step":4,"#, #""step":5,"#),
        (#""step":4,"#, #""step":"4","#),
    ]) func aStepOutsideTheGridIsRefused(part: String, replacement: String) throws {
        let request = String(decoding: try fixture.plan(fixture.sweep(), bars: 8000).request(step: 4), as: UTF8.self)
        let range = try #require(request.range(of: part, options: .backwards))
        let reply = try HostReply.parse(
            fixture.host.run(Array(request.replacingCharacters(in: range, with: replacement).utf8)))
        #expect(reply.status == .rejected)
        #expect(reply.problem?.code == "invalid_request")
    }
}
