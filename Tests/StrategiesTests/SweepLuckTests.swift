import Messages
import Testing

@testable import Strategies

/// What a merged sweep says of luck, against single runs of its sets.
@Suite struct SweepLuckTests {
    private let fixture: SweepFixture

    init() throws { fixture = try SweepFixture() }

    /// 60 sets, without bars kept back, in steps of about so many.
    private func plan(
        _ objective: String = "sharpe_ratio", account: String = "{}", setsPerStep: Int = 60
    ) throws -> SweepPlan {
        let sweep = try fixture.sweep(
            (#""max":45,"step":2"#, #""max":45,"step":8"#), (#""max":120,"step":5"#, #""max":120,"step":11"#),
            (#","out_of_sample":{"start":"2011-07-01"}"#, #","account":\#(account)"#),
            (#""target":"sharpe_ratio""#, #""target":"\#(objective)""#))
        #expect(sweep.setCount == 60)
        return try fixture.plan(sweep, bars: SweepPlan.barsPerStep / setsPerStep)
    }

    private func merged(_ plan: SweepPlan) throws -> JSONValue {
        try JSONValue.parse(fixture.merge((0..<plan.stepCount).reversed().map { try fixture.result(plan, $0) }))
    }

    /// The daily returns of every admitted set, by its number.
    private func returns(_ plan: SweepPlan) throws -> [(index: Int, returns: [Double])] {
        try (0..<plan.sweep.setCount).filter { plan.sweep.admits(plan.sweep.parameters(of: $0)) }.map { index in
            let reply = try JSONValue.parse(fixture.host.run(plan.backtest(ofSet: index)))
            let equity = try #require(reply["equity_curve"]?["equity"]?.elements).compactMap(\.double)
            #expect(equity.count == 500)
            return (index, zip(equity.dropFirst(), equity).map { $0 / $1 - 1 })
        }
    }

    private func overfitting(_ sets: [[Double]]) throws -> Overfitting {
        let bounds = (0...16).map { 499 * $0 / 16 }
        let parts = zip(bounds, bounds.dropFirst()).map { $0..<$1 }
        let blocks = sets.map { returns in
            Overfitting.Returns(
                sums: parts.map { returns[$0].reduce(0, +) },
                squares: parts.map { returns[$0].reduce(0) { $0 + $1 * $1 } })
        }
        return try #require(Overfitting(blocks, periods: parts.map(\.count), riskFree: 0))
    }

    @Test(arguments: ["sharpe_ratio", "profit_factor"]) func theFiguresAreThoseOfTheSetsRunAlone(objective: String)
        throws
    {
        let plan = try plan(objective)
        let luck = try #require(try merged(plan)["luck"])
        let sets = try returns(plan)
        let moments = sets.compactMap { ReturnMoments($0.returns, riskFree: 0) }
        let variance = try expectVariance(of: luck, sets: sets.count, moments)

        let best = try #require(luck["best"])
        #expect(best["index"] == (try merged(plan)["top"]?.elements?.first?["index"]))
        let own = try #require(sets.first { $0.index == best["index"]?.integer }?.returns)
        let expected = try #require(ReturnMoments(own, riskFree: 0))
        let bar = expectedBestSharpe(of: sets.count, variance: variance)
        for (name, value) in [
            ("periods", 499), ("sharpe_ratio", expected.sharpe), ("skewness", expected.skewness),
            ("kurtosis", expected.kurtosis), ("probabilistic_sharpe_ratio", expected.probabilistic()),
            ("expected_best_sharpe_ratio", bar), ("deflated_sharpe_ratio", expected.probabilistic(above: bar)),
        ] {
            #expect(isClose(try #require(best[name]?.double), value), "\(name)")
        }

        let overfitting = try overfitting(sets.map(\.returns))
        let found = try #require(luck["overfitting"])
        #expect(isClose(try #require(found["probability"]?.double), overfitting.probability))
        #expect(isClose(try #require(found["mean_logit"]?.double), overfitting.meanLogit))
        #expect(found["sets_compared"]?.integer == sets.count && found["periods"]?.integer == 499)
        #expect(found["splits"]?.integer == 12_870 && found["blocks"]?.integer == 16)
    }

    @Test func theySayTheSameToTheLastBitHoweverTheSweepIsSplit() throws {
        let whole = try merged(plan())
        for setsPerStep in [7, 1] {
            let split = try merged(plan(setsPerStep: setsPerStep))
            #expect(split["steps"]?["of"]?.integer == (60 + setsPerStep - 1) / setsPerStep)
            #expect(split["luck"] != .null && split["luck"] == whole["luck"])
        }
    }

    @Test func aRuinedSetIsComparedByTheReturnsItHad() throws {
        // A fee of 200 at every turn uses up 3,000 in the quick sets and not in the slow ones.
        let plan = try plan(account: #"{"cash":3000,"fixed_commission":200}"#)
        let luck = try #require(try merged(plan)["luck"])
        let sets = try returns(plan)
        let ruined = sets.count { $0.returns.contains(-1) }
        let defined = sets.count { !$0.returns.contains(-1) && ReturnMoments($0.returns, riskFree: 0) != nil }
        #expect(ruined > 0 && defined > 0 && luck["sharpe_sets"]?.integer == defined)
        #expect(luck["overfitting"]?["sets_compared"]?.integer == sets.count)
        // Of nothing is nothing lost: 0 / 0 is no return.
        let overfitting = try overfitting(sets.map { $0.returns.map { $0.isNaN ? 0 : $0 } })
        #expect(isClose(try #require(luck["overfitting"]?["mean_logit"]?.double), overfitting.meanLogit))
        #expect(isClose(try #require(luck["overfitting"]?["probability"]?.double), overfitting.probability))
    }

    @Test func aStepThatDoesNotTellItMakesItUnknown() throws {
        let plan = try plan(setsPerStep: 30)
        let results = try (0..<2).map { try JSONValue.parse(fixture.result(plan, $0)) }
        func luck(_ change: (JSONMember) -> JSONMember?) throws -> JSONValue? {
            var merge = SweepMerge(id: "my-sweep")
            merge.add(results[0])
            merge.add(.object((results[1].members ?? []).compactMap(change)))
            return try JSONValue.parse(merge.merged())["luck"]
        }
        #expect(try luck { $0 }?["best"] != nil)
        #expect(try luck { $0.name == "luck" ? nil : $0 } == .null)
        // What anybody may have put into the topic traps nowhere.
        for wild in [
            #"{"sharpe_sets":9223372036854775807,"sharpe_sum":"-170141183460469231731687303715884105728","sharpe_squares":"340282366920938463463374607431768211455"}"#,
            #"{"sharpe_sets":1,"sharpe_sum":"1","sharpe_squares":"1","best":{"index":0,"periods":9223372036854775807,"sharpe_ratio":1e300,"skewness":-1e300,"kurtosis":1e300},"blocks":{"periods":[9223372036854775807,1],"risk_free_rate":1e308,"sets":[0,0],"returns":"AAAAAAAA8H8="}}"#,
            #"{"sharpe_sets":1,"sharpe_sum":"1","sharpe_squares":"1","blocks":{"periods":[-9223372036854775808,1],"risk_free_rate":0,"sets":[],"returns":""}}"#,
        ] {
            let value = try JSONValue.parse(Array(wild.utf8))
            #expect(try luck { $0.name == "luck" ? JSONMember("luck", value) : $0 } != .null)
        }
        let none = JSONValue.object([JSONMember("sharpe_sets", .integer(-1))])
        #expect(try luck { $0.name == "luck" ? JSONMember("luck", none) : $0 } == .null)
    }
}
