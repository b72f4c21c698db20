import Foundation
import Messages
import Testing

@testable import Strategies

@Suite struct SweepTests {
    private let folder: TemporaryDirectory
    private let host: HostedStrategies

    init() throws {
        folder = try TemporaryDirectory()
        _ = try Fixture.publish(Fixture.table("synth_walk", first: 500), as: "walk", under: folder.path)
        host = HostedStrategies(dataRoot: folder.path, engineVersion: "1.0.0")
    }

    private static let text = """
        {"schema_version":1,"type":"optimization","optimization_id":"my sweep","strategy":{"name":"sma_crossover",
        "parameters":{"direction":"long_only"}},"data":{"dataset":"walk","timeframe":"1d"},
        "parameters":[{"name":"fast","min":5,"max":45,"step":2},{"name":"slow","min":20,"max":120,"step":5}],
        "parameter_constraints":[{"left":"fast","operator":"less","right":"slow"}],
        "objective":{"target":"sharpe_ratio","extremum":"max","target_value":null},
        "constraints":[{"target":"trade_count","operator":"greaterOrEqual","target_value":6}],
        "search":{"method":"grid","max_evaluations":5000},"out_of_sample":{"start":"2011-07-01"},
        "output":{"top":7,"heatmap":true}}
        """.replacingOccurrences(of: "my sweep", with: "my-sweep")

    private func sweep(_ change: (String, String)? = nil) throws -> Sweep {
        var text = Self.text
        if let change {
            #expect(text.contains(change.0))
            text = text.replacingOccurrences(of: change.0, with: change.1)
        }
        return try Sweep.parse(Array(text.utf8))
    }

    /// A small plan: as many steps as a test wants.
    private func plan(_ sweep: Sweep, bars: Int) throws -> SweepPlan {
        let whole = try SweepPlan(sweep, dataRoot: folder.path)
        return SweepPlan(sweep, version: whole.version, bars: bars)
    }

    // MARK: Numbering and splitting

    @Test func theFirstParameterIsTheSlowest() throws {
        let sweep = try sweep()
        #expect(sweep.setCount == 21 * 21)
        #expect(sweep.sweptParameters(of: 0) == [JSONMember("fast", .integer(5)), JSONMember("slow", .integer(20))])
        #expect(sweep.sweptParameters(of: 1) == [JSONMember("fast", .integer(5)), JSONMember("slow", .integer(25))])
        #expect(sweep.sweptParameters(of: 21) == [JSONMember("fast", .integer(7)), JSONMember("slow", .integer(20))])
        #expect(sweep.sweptParameters(of: 440) == [JSONMember("fast", .integer(45)), JSONMember("slow", .integer(120))])
        #expect(sweep.parameters(of: 440).text("direction") == "long_only")
    }

    @Test func everySetOfTheGridIsDifferent() throws {
        let sweep = try sweep()
        let sets = Set((0..<sweep.setCount).map { JSONValue.object(sweep.sweptParameters(of: $0)).text })
        #expect(sets.count == sweep.setCount)
    }

    @Test func aValueIsComputedAndNotAddedUp() throws {
        let sweep = try sweep((
            #"{"name":"fast","min":5,"max":45,"step":2}"#, #"{"name":"stop_loss_pct","min":0.1,"max":2.3,"step":0.1}"#
        ))
        #expect(sweep.axes[0].count == 23)
        #expect(sweep.axes[0].value(22) == .number(2.3))
        #expect(sweep.axes[0].value(6) == .number(0.1 + 6 * 0.1))
    }

    @Test func aListOfWordsCanBeSwept() throws {
        let sweep = try sweep((#""parameters":{"direction":"long_only"}"#, #""parameters":{}"#))
        #expect(sweep.setCount == 441)
        let words = try self.sweep((
            #"{"name":"slow","min":20,"max":120,"step":5}"#, #"{"name":"cross","values":["strict","robust"]}"#
        ))
        #expect(words.setCount == 42)
        #expect(words.parameters(of: 1).text("cross") == "robust")
    }

    @Test func aStepIsAboutTwentyMillisecondsOfWork() throws {
        #expect(try SweepPlan(sweep(), dataRoot: folder.path).setsPerStep == 1600)
        #expect(try plan(sweep(), bars: 2148).setsPerStep == 372)
        #expect(try plan(sweep(), bars: 10_000_000).setsPerStep == 1)
        #expect(try plan(sweep(), bars: 3).setsPerStep == SweepPlan.mostSetsPerStep)
    }

    @Test func theStepsCoverTheGridOnce() throws {
        for bars in [2000, 7000, 100_000, 800_000, 3_000_000] {
            let plan = try plan(sweep(), bars: bars)
            let sets = (0..<plan.stepCount).flatMap { Array(plan.sets(ofStep: $0)) }
            #expect(sets == Array(0..<441))
        }
    }

    @Test func aStepsRequestFollowsFromTheSweep() throws {
        let plan = try plan(sweep(), bars: 8000)
        #expect(plan.stepCount == 5)
        let request = try StrategyRequest.parse(plan.request(step: 4))
        #expect(request.requestID == plan.requestID(ofStep: 4))
        #expect(request.requestID.hasPrefix("my-sweep:") && request.requestID.hasSuffix(":4"))
        #expect(request.type == "optimization")
        #expect(request.unknownFields.isEmpty)
        let version = try #require(plan.version)
        #expect(try request.section("data")?["version"]?.string == version)
        #expect(try request.section("step")?["first"]?.integer == 400)
        #expect(try request.section("step")?["count"]?.integer == 41)
        #expect(try StrategyRegistry.validate(request).count > 0)
        #expect(try self.plan(sweep(), bars: 8000).request(step: 4) == plan.request(step: 4))
        #expect(plan.request(step: 0).count + 5 >= plan.request(step: 3).count)
    }

    @Test func idsFollowFromContentAndNotFromLayout() throws {
        func digest(_ text: String) throws -> String {
            let sweep = try Sweep.parse(Array(text.utf8))
            return SweepPlan(sweep, version: "sha256:" + String(repeating: "0", count: 64), bars: 100).requestID(ofStep: 0)
        }
        let same = Self.text.replacingOccurrences(of: "\n", with: "  ").replacingOccurrences(of: ":", with: " : ")
        #expect(try digest(same) == digest(Self.text))
        #expect(try digest(Self.text.replacingOccurrences(of: "\"top\":7", with: "\"top\":8")) != digest(Self.text))
        let nameless = Self.text.replacingOccurrences(of: #""optimization_id":"my-sweep","#, with: "")
        #expect(try digest(nameless).hasPrefix("sweep-"))
        let sweep = try Sweep.parse(Array(nameless.utf8))
        let versions = ["0", "1"].map { "sha256:" + String(repeating: $0, count: 64) }
        #expect(SweepPlan(sweep, version: versions[0], bars: 9).id != SweepPlan(sweep, version: versions[1], bars: 9).id)
    }

    @Test(arguments: [
        (#""type":"optimization""#, #""type":"backtest""#, "type must be"),
        (#""min":5"#, #""min":"5""#, "parameters[0].min is \"5\", must be an integer"),
        (#""max":45"#, #""max":4"#, "parameters[0].max is 4, must be an integer of at least min"),
        (#""step":2"#, #""step":0"#, "parameters[0].step is 0, must be an integer above 0"),
        (#""min":5"#, #""min":0"#, "must be an integer from 1 to 10000"),
        (#""name":"fast""#, #""name":"fsat""#, "did you mean \"fast\""),
        (#""name":"slow""#, #""name":"fast""#, "fast is swept twice"),
        (#""direction":"long_only""#, #""slow":30"#, "slow is fixed in strategy.parameters too"),
        (#""operator":"less""#, #""operator":"lesser""#, "did you mean \"less\""),
        (#""right":"slow""#, #""right":"direction""#, "parameter_constraints[0].right"),
        (#""target":"sharpe_ratio""#, #""target":"sharp_ratio""#, "did you mean \"sharpe_ratio\""),
        (#""extremum":"max""#, #""extremum":"most""#, "objective.extremum"),
        (#""target_value":null"#, #""target_value":3"#, "objective.target_value"),
        (#""target_value":6"#, #""target_value":"6""#, "constraints[0].target_value"),
        (#""method":"grid""#, #""method":"bayes""#, "search.method is \"bayes\", must be \"grid\""),
        (#""max_evaluations":5000"#, #""max_evaluations":100"#, "has more than the 100 sets"),
        (#""max":45"#, #""max":450000"#, "parameters[0]"),
        (#""start":"2011-07-01""#, #""start":"2011""#, "out_of_sample.start"),
        (#""top":7"#, #""top":0"#, "output.top"),
        (#""objective""#, #""objectiv""#, "did you mean \"objective\""),
        (#""name":"sma_crossover""#, #""name":"noop""#, "noop"),
        (#""dataset":"walk""#, #""dataset":"../walk""#, "data.dataset"),
    ]) func aWrongSweepIsRefusedInWords(part: String, replacement: String, words: String) throws {
        let problem = #expect(throws: RequestProblem.self) { try sweep((part, replacement)) }
        #expect(problem?.message.contains(words) == true, "\(problem?.message ?? "accepted")")
    }

    // MARK: Steps and merging

    /// What the results topic holds for a step.
    private func result(_ plan: SweepPlan, _ step: Int, node: String = "a") throws -> [UInt8] {
        let reply = try HostReply.parse(host.run(plan.request(step: step)))
        #expect(reply.status == .completed, "\(reply.problem?.message ?? "")")
        let origin = RequestOrigin(topic: "r", partition: 0, offset: Int64(step), key: nil)
        var result = StrategyResult(
            requestID: plan.requestID(ofStep: step), status: .completed, origin: origin, node: node,
            timing: ResultTiming(queuedMs: Double(step), stepMs: 1, totalMs: 2))
        result.type = "optimization"
        result.members = reply.members
        return result.encoded()
    }

    private func merge(_ results: [[UInt8]]) throws -> [UInt8] {
        var merge = SweepMerge(id: "my-sweep")
        for result in results { _ = try merge.add(result) }
        return merge.merged()
    }

    @Test func theOutcomeDependsOnNeitherOrderNorDuplicatesNorSplit() throws {
        let plan = try plan(sweep(), bars: 12_000)
        #expect(plan.stepCount == 7)
        let results = try (0..<7).map { try result(plan, $0, node: $0 % 2 == 0 ? "a" : "b") }
        let expected = try merge(results)
        var generator = SeededGenerator(seed: 50)
        for _ in 0..<10 {
            let shuffled = (results + results.prefix(3)).shuffled(using: &generator)
            #expect(try merge(shuffled) == expected)
        }
        let whole = try JSONValue.parse(merge([result(self.plan(sweep(), bars: 1000), 0)]))
        let split = try JSONValue.parse(expected)
        for name in ["top", "counts", "heatmap", "strategy", "data", "grid", "objective"] {
            #expect(split[name] != nil && split[name] == whole[name], "\(name)")
        }
        #expect(split["top"]?.elements?.count == 7)
        #expect(split["heatmap"]?.elements?.count == split["counts"]?["evaluated"]?.integer)
    }

    @Test func theBestOfTheSweepIsTheBestOfSingleRuns() throws {
        let sweep = try sweep()
        let plan = try plan(sweep, bars: 1000)
        let merged = try JSONValue.parse(merge([result(plan, 0)]))
        var best: (index: Int, value: Double)?
        for index in stride(from: 0, to: sweep.setCount, by: 1) where sweep.admits(sweep.parameters(of: index)) {
            let reply = try JSONValue.parse(host.run(plan.backtest(ofSet: index, isOutOfSample: false)))
            guard let statistics = reply["statistics"], (statistics["trade_count"]?.integer ?? 0) >= 6,
                let value = statistics["sharpe_ratio"]?.double
            else { continue }
            if value > best?.value ?? -.infinity { best = (index, value) }
        }
        let top = try #require(merged["top"]?.elements?.first)
        #expect(top["index"]?.integer == best?.index)
        #expect(top["objective"]?.double == best?.value)
        let index = try #require(best?.index)
        let inSample = try JSONValue.parse(host.run(plan.backtest(ofSet: index, isOutOfSample: false)))
        let outOfSample = try JSONValue.parse(host.run(plan.backtest(ofSet: index, isOutOfSample: true)))
        #expect(inSample["data"]?["end"]?.string == "2011-06-30")
        #expect(outOfSample["data"]?["start"]?.string == "2011-07-01")
        for statistic in Statistic.allCases.map(\.rawValue) {
            #expect(top["statistics"]?[statistic] == inSample["statistics"]?[statistic], "\(statistic)")
            #expect(top["out_of_sample"]?[statistic] == outOfSample["statistics"]?[statistic], "\(statistic)")
        }
        let baseline = try JSONValue.parse(host.run(plan.backtest(ofSet: 0, strategy: "buy_and_hold")))
        #expect(baseline["equity_curve"]?["equity"]?.elements?.count == 500)
    }

    @Test func everySetIsCountedOnce() throws {
        let merged = try JSONValue.parse(merge([result(plan(sweep(), bars: 1000), 0)]))
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
        let plan = try SweepPlan(Sweep.parse(Array(text.utf8)), dataRoot: folder.path)
        #expect(plan.bars == 63)
        let merged = try JSONValue.parse(merge([result(plan, 0)]))
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
        let plan = try plan(sweep, bars: 80_000)
        #expect(plan.stepCount == 10)
        let merged = try JSONValue.parse(merge((0..<10).reversed().map { try result(plan, $0) }))
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
        let plan = try plan(sweep(), bars: 12_000)
        let one = try result(plan, 0)
        let newer = HostedStrategies(dataRoot: folder.path, engineVersion: "2.0.0")
        let text = String(decoding: one, as: UTF8.self)
        let otherData = text.replacingOccurrences(of: try #require(plan.version), with: "sha256:else")
        let reply = try HostReply.parse(newer.run(plan.request(step: 1)))
        let otherEngine = #"{"type":"optimization_result","status":"completed",\#(String(decoding: reply.members, as: UTF8.self))}"#
        for other in [otherData, otherEngine] {
            var merge = SweepMerge(id: "my-sweep")
            #expect(try merge.add(one) == .added)
            let problem = #expect(throws: RequestProblem.self) { try merge.add(Array(other.utf8)) }
            #expect(problem?.message.contains("do not belong together") == true)
        }
    }

    @Test func aFailedStepIsShownUntilItCompletes() throws {
        let plan = try plan(sweep(), bars: 12_000)
        func failed(_ status: String, _ code: String) -> [UInt8] {
            Array(
                #"{"type":"optimization_result","status":"\#(status)","request_id":"\#(plan.requestID(ofStep: 1))","error":{"code":"\#(code)","message":"m","retryable":true}}"#
                    .utf8)
        }
        var merge = SweepMerge(id: "my-sweep")
        #expect(try merge.add(failed("timed_out", "deadline_exceeded")) == .added)
        #expect(try merge.add(failed("crashed", "host_crashed")) == .duplicate)
        #expect(try merge.add(result(plan, 0)) == .added)
        #expect(merge.stepCount == 7 && merge.completedCount == 1 && !merge.isComplete)
        var other = SweepMerge(id: "my-sweep")
        for bytes in [failed("crashed", "host_crashed"), try result(plan, 0), failed("timed_out", "deadline_exceeded")] {
            _ = try other.add(bytes)
        }
        #expect(other.merged() == merge.merged())
        #expect(merge.failedSteps[1]?.code == "deadline_exceeded")
        #expect(try merge.add(result(plan, 1)) == .added)
        #expect(merge.failedSteps.isEmpty)
        #expect(try merge.add(result(plan, 1)) == .duplicate)
        for step in 2..<7 { _ = try merge.add(result(plan, step)) }
        #expect(merge.isComplete)
    }

    @Test func whatIsNoStepOfThisSweepIsPassedOver() throws {
        var merge = SweepMerge(id: "another")
        #expect(try merge.add(result(plan(sweep(), bars: 1000), 0)) == .unrelated)
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
        let request = String(decoding: try plan(sweep(), bars: 8000).request(step: 4), as: UTF8.self)
        let range = try #require(request.range(of: part, options: .backwards))
        let reply = try HostReply.parse(host.run(Array(request.replacingCharacters(in: range, with: replacement).utf8)))
        #expect(reply.status == .rejected)
        #expect(reply.problem?.code == "invalid_request")
    }
}
