import Messages
import TestSupport
import Testing

@testable import Strategies

/// Sweeps whose sets are run on several data sets each.
@Suite struct SeveralDataSetsTests {
    private let fixture: SeveralFixture

    init() throws { fixture = try SeveralFixture() }

    private func admitted(_ plan: SweepPlan) -> [Int] {
        (0..<plan.sweep.setCount).filter { plan.sweep.admits(plan.sweep.parameters(of: $0)) }
    }

    @Test(arguments: ["mean", "median", "min"]) func aSetIsRankedByWhatSingleRunsComeTo(aggregate: String) throws {
        func of(_ values: [Double]) -> Double {
            let sorted = values.sorted()
            return aggregate == "mean" ? sorted.reduce(0, +) / 3 : aggregate == "min" ? sorted[0] : sorted[1]
        }
        let plan = try fixture.plan(SeveralFixture.text(aggregate))
        let merged = try fixture.merged(plan)
        #expect(SchemaFile.mergedSweep.problems(of: merged) == [])
        #expect(merged["objective"]?["aggregate"] == .string(aggregate))
        let sets = try admitted(plan).map { set in
            let runs = try (0..<3).map { try #require(try fixture.statistics(plan, set, on: $0)) }
            return (set, of(runs.compactMap { $0["return_pct"]?.double }), runs)
        }
        #expect(sets.count == merged["counts"]?["evaluated"]?.integer && sets.count > 10)
        let best = sets.sorted { $0.1 > $1.1 }
        let top = try #require(merged["top"]?.elements)
        #expect(top.map { $0["index"]?.integer } == best.map { $0.0 })
        for (entry, expected) in zip(top, best) {
            #expect(isClose(try #require(entry["objective"]?.double), expected.1))
            let datasets = try #require(entry["datasets"]?.elements)
            #expect(datasets.map { $0["dataset"]?.string } == ["walk", "walk", "ties"])
            for (place, own) in datasets.enumerated() {
                #expect(own["objective"] == expected.2[place]["return_pct"])
                for member in try #require(own["statistics"]?.members) {
                    #expect(member.value == expected.2[place][member.name], "\(member.name)")
                }
                let kept = try fixture.statistics(plan, expected.0, on: place, isOutOfSample: true)
                let shown = entry["out_of_sample"] == .null ? nil : own["out_of_sample"]?["return_pct"]
                // What was seen before the bars of a part is said by warmup_bars, which single runs have too.
                if place != 1 { #expect(shown == nil || shown == kept?["return_pct"]) }
            }
            for name in ["max_drawdown_pct", "trade_count", "volatility_ann_pct"] {
                let value = of(expected.2.compactMap { $0[name]?.double })
                #expect(isClose(try #require(entry["statistics"]?[name]?.double), value), "\(name)")
            }
        }
        let map = try #require(merged["data"]?.elements)
        #expect(map.map { $0["dataset"]?.string } == ["walk", "walk", "ties"])
        #expect(map[1]["warmup_bars"] == .integer(20) && map[1]["start"] == .string("2010-06-01"))
    }

    @Test func theOutcomeDoesNotDependOnHowItIsCut() throws {
        var plan = try fixture.plan(SeveralFixture.text("median", more: #","output":{"heatmap":true}"#))
        let whole = try fixture.merged(plan)
        plan.cut(setsPerStep: 3)
        #expect(plan.stepCount == 7)
        let split = try fixture.merged(plan)
        for name in ["data", "top", "counts", "heatmap", "plateau", "luck", "objective", "dropped_orders"] {
            #expect(split[name] == whole[name], "\(name)")
        }
        #expect(split["heatmap"]?.elements?.count == split["counts"]?["evaluated"]?.integer)
        #expect(split["plateau"]?["objective_median"]?.double != nil)
    }

    @Test func aListOfOneIsRankedAsThatDataSetAlone() throws {
        let alone = try fixture.merged(
            fixture.plan(SeveralFixture.text(data: SeveralFixture.data[2]).replacing(#","aggregate":"mean""#, with: ""))
        )
        let one = try fixture.merged(fixture.plan(SeveralFixture.text(data: "[\(SeveralFixture.data[2])]")))
        #expect(one["data"] == alone["data"].map { .array([$0]) })
        for name in ["counts", "luck", "first_failure", "account"] { #expect(one[name] == alone[name], "\(name)") }
        let (ours, theirs) = (try #require(one["top"]?.elements), try #require(alone["top"]?.elements))
        #expect(ours.map { $0["objective"] } == theirs.map { $0["objective"] } && ours.count > 10)
        #expect(ours.map { $0["statistics"]?["sqn"] } == theirs.map { $0["statistics"]?["sqn"] })
    }

    @Test func aSetThatCannotRunOnOneDataSetHasFailed() throws {
        // On the last one a set needs more bars than there are, from slow 30 on.
        let short = #"{"dataset":"walk","end":"2010-02-05"}"#
        let text = SeveralFixture.text(data: "[\(SeveralFixture.data[2]),\(short)]", more: "")
        let plan = try fixture.plan(text)
        #expect(plan.bars == 400 + 25)
        let merged = try fixture.merged(plan)
        let failed = try admitted(plan).filter { try fixture.statistics(plan, $0, on: 1, isOutOfSample: nil) == nil }
        #expect(merged["counts"]?["failed"]?.integer == failed.count && failed.count > 3)
        #expect(merged["counts"]?["evaluated"]?.integer == admitted(plan).count - failed.count)
        let failure = try #require(merged["first_failure"])
        #expect(failure["index"]?.integer == failed.first && failure["code"] == .string("insufficient_data"))
        #expect(failure["message"]?.string?.hasPrefix("data[1] (walk): sma_crossover needs at least") == true)
    }

    @Test func aSetWithoutAValueOnOneDataSetHasNone() throws {
        // Without a trade there is no profit factor.
        let short = #"{"dataset":"walk","end":"2010-03-15"}"#
        let text = SeveralFixture.text(
            data: "[\(SeveralFixture.data[2]),\(short)]", more: #","output":{"heatmap":true}"#
        )
        .replacing("return_pct", with: "profit_factor")
        let plan = try fixture.plan(text)
        let merged = try fixture.merged(plan)
        let undefined = try admitted(plan).filter { set in
            try (0..<2).contains { place in
                let statistics = try fixture.statistics(plan, set, on: place, isOutOfSample: nil)
                return statistics != nil && statistics?["profit_factor"]?.double == nil
            }
        }
        let failed = merged["counts"]?["failed"]?.integer ?? 0
        #expect(merged["counts"]?["undefined"]?.integer == undefined.count && undefined.count > 1)
        let ranked = merged["top"]?.elements?.compactMap { $0["index"]?.integer } ?? []
        #expect(ranked.count == admitted(plan).count - undefined.count - failed && !ranked.isEmpty)
        #expect(Set(ranked).isDisjoint(with: undefined))
        for cell in merged["heatmap"]?.elements ?? [] {
            let isUndefined = undefined.contains(cell.elements?[0].integer ?? -1)
            #expect((cell.elements?[1] == .null) == isUndefined)
        }
    }

    @Test func aConstraintHoldsOnEachDataSetOrForWhatTheFiguresComeTo() throws {
        func ranked(_ constraint: String) throws -> (SweepPlan, Set<Int>) {
            let plan = try fixture.plan(SeveralFixture.text(constraints: constraint, more: ""))
            return (plan, Set(try fixture.merged(plan)["top"]?.elements?.compactMap { $0["index"]?.integer } ?? []))
        }
        let bound = #"{"target":"trade_count","operator":"greaterOrEqual","target_value":5"#
        let (plan, each) = try ranked(bound + "}")
        let (_, mean) = try ranked(bound + #","aggregate":"mean"}"#)
        let (_, most) = try ranked(bound + #","aggregate":"max"}"#)
        let counts = try Dictionary(
            uniqueKeysWithValues: admitted(plan).map { set in
                (
                    set,
                    try (0..<3).map { place in
                        try fixture.statistics(plan, set, on: place, isOutOfSample: nil)?["trade_count"]?.integer ?? 0
                    }
                )
            })
        #expect(each == Set(counts.filter { $0.value.allSatisfy { $0 >= 5 } }.keys))
        #expect(mean == Set(counts.filter { $0.value.reduce(0, +) >= 15 }.keys))
        #expect(most == Set(counts.filter { $0.value.contains { $0 >= 5 } }.keys))
        #expect(each.count < mean.count && mean.count < most.count && !each.isEmpty)
    }
}
