import Foundation
import Messages
import TestSupport
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
        for name in ["top", "counts", "heatmap", "plateau", "luck", "strategy", "data", "grid", "objective"] {
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
        let newer = SweepFixture(folder: fixture.folder, engineVersion: "2.0.0")
        let text = String(decoding: one, as: UTF8.self)
        let otherData = text.replacingOccurrences(of: try #require(plan.version), with: "sha256:else")
        let otherEngine = String(decoding: try newer.result(plan, 1), as: UTF8.self)
        for other in [otherData, otherEngine] {
            var merge = SweepMerge(id: "my-sweep")
            #expect(merge.add(try JSONValue.parse(one)) == .added)
            #expect(merge.problem == nil)
            merge.add(try JSONValue.parse(Array(other.utf8)))
            #expect(merge.problem?.message.contains("do not belong together") == true)
        }
    }

    @Test func aResultThatKnowsOfNoSearchIsOfTheWholeGrid() throws {
        let plan = try fixture.plan(fixture.sweep(), bars: 12_000)
        let results = try (0..<7).map { try fixture.result(plan, $0) }
        let expected = try fixture.merge(results)
        let search = #""search":{"method":"grid","sets":441,"seed":null},"#
        let older = try results.map { result in
            let text = String(decoding: result, as: UTF8.self)
            try #require(text.contains(search))
            return Array(text.replacingOccurrences(of: search, with: "").utf8)
        }
        // A sweep that was half run before an update and half after it is one sweep.
        #expect(try fixture.merge(older) == expected)
        #expect(try fixture.merge(older.prefix(3) + results.suffix(4)) == expected)
        #expect(try fixture.merge(results.prefix(3) + older.suffix(4)) == expected)
        let merged = try JSONValue.parse(expected)
        #expect(merged["plateau"]?.members != nil && SchemaFile.mergedSweep.problems(of: merged) == [])
    }

    @Test(arguments: [
        "[]", "null", #"[{"name":"a"}]"#, #"[{"name":"a","count":-1}]"#,
        #"[{"count":9007199254740991},{"count":9007199254740991}]"#,
    ]) func ofAGridThatCannotBeReadNoSearchIsMadeUp(grid: String) throws {
        let plan = try fixture.plan(fixture.sweep(), bars: 1000)
        let members = try #require(JSONValue.parse(fixture.result(plan, 0)).members)
        let value = try JSONValue.parse(Array(grid.utf8))
        let changed = JSONValue.object(
            members.filter { $0.name != "search" && $0.name != "grid" } + [JSONMember("grid", value)])
        let merged = try JSONValue.parse(fixture.merge([Array(changed.text.utf8)]))
        #expect(merged["search"] == .null && merged["grid"] == value)
    }

    @Test func stepsOfAsManyThatAreCutInAnotherWayAreRefused() throws {
        var plan = try fixture.plan(fixture.sweep(), bars: 12_000)
        var steps: [Int: [JSONValue]] = [:]
        for sets in [65, 70] {
            plan.cut(setsPerStep: sets)
            #expect(plan.stepCount == 7)
            steps[sets] = try [0, 3, 6].map { try JSONValue.parse(fixture.result(plan, $0)) }
        }
        let (one, other) = (try #require(steps[65]), try #require(steps[70]))
        for (first, second) in [(one[0], other[1]), (one[1], other[2]), (one[2], other[0])] {
            var merge = SweepMerge(id: "my-sweep")
            #expect(merge.add(first) == .added)
            merge.add(second)
            #expect(
                merge.problem?.message.contains("one is of steps of 65 sets, another of steps of 70") == true,
                "\(merge.problem?.message ?? "none")")
        }
        var whole = SweepMerge(id: "my-sweep")
        for step in one { #expect(whole.add(step) == .added) }
        #expect(whole.problem == nil)
    }

    @Test func aFailedStepIsShownUntilItCompletes() throws {
        let plan = try fixture.plan(fixture.sweep(), bars: 12_000)
        let results = try (0..<7).map { try JSONValue.parse(fixture.result(plan, $0)) }
        let timedOut = try fixture.failure(plan, 1, "timed_out", "deadline_exceeded")
        let crashed = try fixture.failure(plan, 1, "crashed", "host_crashed")
        var merge = SweepMerge(id: "my-sweep")
        #expect(merge.add(timedOut) == .added)
        #expect(merge.add(crashed) == .duplicate)
        #expect(merge.add(results[0]) == .added)
        #expect(merge.stepCount == 7 && merge.completedCount == 1 && !merge.isComplete)
        var other = SweepMerge(id: "my-sweep")
        for result in [crashed, results[0], timedOut] { other.add(result) }
        #expect(other.merged() == merge.merged())
        #expect(merge.failedSteps[1]?.code == "deadline_exceeded")
        #expect(merge.add(results[1]) == .added)
        #expect(merge.failedSteps.isEmpty)
        #expect(merge.add(results[1]) == .duplicate)
        for step in 2..<7 { merge.add(results[step]) }
        #expect(merge.isComplete)
        merge.add(crashed)
        #expect(merge.failedSteps.isEmpty && merge.isComplete)
    }

    @Test func aSweepOfFailuresAloneHasTheStepsItsRequestSays() throws {
        let plan = try fixture.plan(fixture.sweep(), bars: 12_000)
        var merge = SweepMerge(id: "my-sweep")
        for step in 0..<9 { merge.add(try fixture.failure(plan, step)) }
        #expect(merge.stepCount == nil && merge.failedSteps.count == 9)
        merge.learn(fromRequest: try JSONValue.parse(plan.request(step: 3)))
        // What has a number the sweep does not have is no failure of it.
        #expect(merge.stepCount == 7 && merge.failedSteps.count == 7 && merge.completedCount == 0)
        #expect(!merge.isComplete)
        #expect(try JSONValue.parse(merge.merged())["steps"]?["of"]?.integer == 7)
    }

    @Test func twoSweepsUnderOneIDAreNotMixedAndTheNewestCounts() throws {
        let first = try fixture.plan(fixture.sweep(), bars: 12_000)
        let corrected = try fixture.plan(fixture.sweep((#""target_value":6"#, #""target_value":7"#)), bars: 12_000)
        #expect(first.digest != corrected.digest && first.id == corrected.id)
        let old = try (0..<7).map { try JSONValue.parse(fixture.result(first, $0)) }
        let new = try (0..<7).map { try JSONValue.parse(fixture.result(corrected, $0)) }
        var alone = SweepMerge(id: "my-sweep")
        for result in new { alone.add(result) }

        var mixed = SweepMerge(id: "my-sweep")
        for result in old { mixed.add(result, at: 1000) }
        #expect(mixed.isComplete && mixed.digest == first.digest && mixed.supersededCount == 0)
        mixed.add(new[0], at: 2000)
        #expect(mixed.digest == corrected.digest && mixed.completedCount == 1 && mixed.supersededCount == 1)
        // A late copy of an old result does not make the old submission the newest.
        mixed.add(old[3], at: 3000)
        #expect(mixed.digest == corrected.digest && mixed.completedCount == 1)
        mixed.add(try fixture.failure(first, 4), at: 3000)
        #expect(mixed.failedSteps.isEmpty)
        for result in new[1...] { mixed.add(result, at: 2500) }
        #expect(mixed.problem == nil && mixed.merged() == alone.merged())
    }

    @Test func whatIsNoStepOfThisSweepIsPassedOver() throws {
        var merge = SweepMerge(id: "another")
        let plan = try fixture.plan(fixture.sweep(), bars: 1000)
        #expect(merge.add(try JSONValue.parse(fixture.result(plan, 0))) == .unrelated)
        for text in [
            #"{"type":"backtest_result","status":"completed"}"#, "[]", "null",
            #"{"type":"optimization_result","request_id":"another:0123456789abcdef:-1"}"#,
            #"{"type":"optimization_result","request_id":"another:0123456789ABCDEF:1"}"#,
            #"{"type":"optimization_result","request_id":"another:1"}"#,
        ] {
            #expect(merge.add(try JSONValue.parse(Array(text.utf8))) == .unrelated, "\(text)")
        }
        #expect(merge.digest == nil && merge.problem == nil)
        merge.add(
            try JSONValue.parse(
                Array(
                    #"{"type":"optimization_result","status":"completed","request_id":"another:0123456789abcdef:1"}"#
                        .utf8)))
        #expect(merge.problem?.message.contains("lacks what a step's result must have") == true)
        #expect(merge.stepCount == nil)
        #expect(throws: Never.self) { try JSONValue.parse(merge.merged()) }
    }

    @Test func aSetThatCannotRunSaysWhy() throws {
        let sweep = try fixture.sweep((#""dataset":"walk""#, #""dataset":"walk","end":"2010-03-31""#))
        let plan = SweepPlan(sweep, version: try fixture.plan(fixture.sweep(), bars: 1).version, bars: 12_000)
        let merged = try JSONValue.parse(fixture.merge((0..<7).reversed().map { try fixture.result(plan, $0) }))
        #expect((merged["counts"]?["failed"]?.integer ?? 0) > 0)
        let failure = try #require(merged["first_failure"])
        #expect(failure["code"]?.string == "insufficient_data")
        #expect(failure["message"]?.string?.contains("needs at least") == true)
        // fast 5 and slow 65 is the first set that 63 bars are too few for.
        #expect(failure["index"]?.integer == 9)
        #expect(merged["out_of_sample"]?["start"]?.string == "2011-07-01")
        #expect(merged["out_of_sample"]?["bars"]?.integer == 0)
        let whole = try JSONValue.parse(fixture.merge([fixture.result(fixture.plan(fixture.sweep(), bars: 1000), 0)]))
        #expect(whole["first_failure"] == .null && (whole["out_of_sample"]?["bars"]?.integer ?? 0) > 100)
    }

    @Test func ordersThatNoSetCouldPayForAreToldOnceHoweverTheSweepIsSplit() throws {
        let account = #""account":{"cash":75},"search""#
        let sweep = try fixture.sweep(
            (#""search""#, account), (#""max":45,"step":2"#, #""max":45,"step":8"#),
            (#""max":120,"step":5"#, #""max":120,"step":20"#))
        #expect(sweep.setCount == 36)
        let results = try (0..<6).map { try fixture.result(fixture.plan(sweep, bars: 120_000), $0) }
        let merged = try JSONValue.parse(fixture.merge(results.reversed()))
        let whole = try JSONValue.parse(fixture.merge([fixture.result(fixture.plan(sweep, bars: 1000), 0)]))
        let dropped = try #require(merged["dropped_orders"])
        #expect(dropped == whole["dropped_orders"])
        let plan = try fixture.plan(sweep, bars: 1000)
        var (sets, orders, first) = (0, 0, Int?.none)
        for index in 0..<sweep.setCount where sweep.admits(sweep.parameters(of: index)) {
            let reply = try JSONValue.parse(fixture.host.run(plan.backtest(ofSet: index, isOutOfSample: false)))
            guard let count = reply["dropped_orders"]?["count"]?.integer else { continue }
            (sets, orders, first) = (sets + 1, orders + count, first ?? index)
        }
        #expect(dropped["sets"]?.integer == sets && dropped["count"]?.integer == orders)
        #expect(dropped["first_index"]?.integer == first && sets > 0)
        let rich = try fixture.sweep((#""max":45,"step":2"#, #""max":45,"step":40"#))
        let unhindered = try JSONValue.parse(fixture.merge([fixture.result(fixture.plan(rich, bars: 1000), 0)]))
        #expect(unhindered["counts"] != nil && unhindered["dropped_orders"] == nil)
    }

    @Test func eachDistinctIndicatorIsComputedOncePerStep() throws {
        let sweep = try fixture.sweep()
        let data = MarketData(try Fixture.table("synth_walk", first: 300))
        let place = try SweepStep.Place(
            JSONValue.parse(Array(#"{"step":0,"of":1,"first":0,"count":441}"#.utf8)), setCount: sweep.setCount)
        let request = try StrategyRequest.parse(fixture.plan(sweep, bars: 1000).request(step: 0))
        let settings = try RunSettings(request)
        var step = SweepStep(sweep, place)
        let computed = data.withBars { bars in
            let indicators = IndicatorSet(bars: bars, pool: ColumnPool())
            step.run(on: [SweptBars(indicators: indicators, calendar: data.calendar)], settings, Workspace())
            return indicators.computedCount
        }
        let admitted = (0..<sweep.setCount).map { sweep.parameters(of: $0) }.filter { sweep.admits($0) }
        let distinct = Set(admitted.flatMap { SMACrossover().indicators($0) })
        #expect(step.counts.evaluated == admitted.count && admitted.count > 300)
        #expect(computed == distinct.count)
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
