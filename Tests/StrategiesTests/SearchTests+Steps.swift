import Foundation
import Messages
import TestSupport
import Testing

@testable import Strategies

/// How well drawn sets search, and steps of them.
extension SearchTests {
    /// The mean of the squared differences between parts of the square and the parts of the points in it (centered L2
    /// discrepancy; Hickernell 1998).
    private func discrepancy(_ points: [(x: Double, y: Double)]) -> Double {
        func one(_ x: Double) -> Double { 1 + abs(x - 0.5) / 2 - (x - 0.5) * (x - 0.5) / 2 }
        func two(_ x: Double, _ y: Double) -> Double { 1 + abs(x - 0.5) / 2 + abs(y - 0.5) / 2 - abs(x - y) / 2 }
        let count = Double(points.count)
        let single = points.reduce(0) { $0 + one($1.x) * one($1.y) } * 2 / count
        var pairs = 0.0
        for a in points { for b in points { pairs += two(a.x, b.x) * two(a.y, b.y) } }
        return 13.0 / 12 * 13 / 12 - single + pairs / count / count
    }

    @Test func sobolIsMoreEvenThanALatinHypercubeAndThatThanChance() throws {
        func mean(_ method: String) throws -> Double {
            try (0..<8).map { try discrepancy(points(square(method, 128, seed: $0))) }.reduce(0, +) / 8
        }
        let (random, latin, sobol) = (try mean("random"), try mean("latin_hypercube"), try mean("sobol"))
        #expect(latin < random / 2, "\(latin) \(random)")
        #expect(sobol < latin / 2, "\(sobol) \(latin)")
        // scipy.stats.qmc.discrepancy(Sobol(2, scramble=False).random(256))
        #expect(abs(try discrepancy(points(square("sobol", 256))) - 1.663160380993567e-05) < 2e-6)
    }

    @Test func sobolComesNearerToAnOptimumThanChance() throws {
        // Of f(x, y) = −(x − a)² − (y − b)², wherever (a, b) is.
        func shortfall(_ method: String) throws -> Double {
            var sum = 0.0
            for seed in 0..<8 {
                let points = try points(square(method, 128, seed: seed))
                for a in stride(from: 0.05, to: 1, by: 0.1) {
                    for b in stride(from: 0.05, to: 1, by: 0.1) {
                        sum += points.map { ($0.x - a) * ($0.x - a) + ($0.y - b) * ($0.y - b) }.min() ?? 0
                    }
                }
            }
            return sum
        }
        let (sobol, random) = (try shortfall("sobol"), try shortfall("random"))
        #expect(sobol < random * 0.8, "\(sobol) \(random)")
    }

    // MARK: Steps

    @Test(arguments: drawn) func aDrawnSweepIsTheSameHoweverItIsCutAndInWhateverOrder(method: String) throws {
        let sweep = try sweep(method, 150, seed: 5)
        let plan = try fixture.plan(sweep, bars: 35_000)
        #expect(plan.stepCount == 7)
        let results = try (0..<7).map { try fixture.result(plan, $0, node: $0 % 2 == 0 ? "a" : "b") }
        let expected = try fixture.merge(results)
        #expect(try fixture.merge(results.reversed() + results.prefix(2)) == expected)
        let whole = try JSONValue.parse(fixture.merge([fixture.result(fixture.plan(sweep, bars: 1000), 0)]))
        let split = try JSONValue.parse(expected)
        for name in ["top", "counts", "heatmap", "plateau", "luck", "grid", "search"] {
            #expect(split[name] != nil && split[name] == whole[name], "\(name)")
        }
        #expect(split["plateau"] == .null)
        #expect(
            split["search"]
                == .object([
                    JSONMember("method", .string(method)), JSONMember("sets", .integer(150)),
                    JSONMember("seed", .integer(5)),
                ]))
        let counts = try #require(split["counts"])
        #expect(["evaluated", "skipped", "failed"].reduce(0) { $0 + (counts[$1]?.integer ?? 0) } == 150)
        for step in try results.map(JSONValue.parse) { #expect(SchemaFile.sweepStepResult.problems(of: step) == []) }
        #expect(SchemaFile.mergedSweep.problems(of: split) == [])
    }

    @Test(arguments: drawn) func theBestAndTheHeatMapAreOfTheSetsThatTheNumbersMean(method: String) throws {
        let sweep = try sweep(method, 150, seed: 5)
        let plan = try fixture.plan(sweep, bars: 1000)
        let result = try JSONValue.parse(fixture.result(plan, 0))
        let top = try #require(result["top"]?.elements)
        #expect(top.count == 7)
        let heatmap = try #require(result["heatmap"]?.elements).compactMap(\.elements)
        for entry in top {
            let index = try #require(entry["index"]?.integer)
            #expect(entry["parameters"]?.members == sweep.sweptParameters(of: index))
            let cell = try #require(heatmap.first { $0[0].integer == index })
            #expect(cell[1].double == entry["objective"]?.double)
            #expect(cell[2].elements?.compactMap(\.integer) == sweep.positions(of: index))
            let run = try JSONValue.parse(fixture.host.run(plan.backtest(ofSet: index, isOutOfSample: false)))
            #expect(run["statistics"]?["sharpe_ratio"]?.double == entry["objective"]?.double)
        }
    }

    @Test func aSetThatIsDrawnTwiceIsRankedOnce() throws {
        // Nine points on 3 · 3 values.
        let sweep = try fixture.sweep(
            (#""method":"grid","max_evaluations":5000"#, #""method":"sobol","max_evaluations":9"#),
            (#""max":45,"step":2"#, #""max":45,"step":20"#), (#""max":120,"step":5"#, #""max":120,"step":50"#))
        var most = 0
        for bars in [1000, 200_000, 800_000] {
            let plan = try fixture.plan(sweep, bars: bars)
            let results = try (0..<plan.stepCount).map { try fixture.result(plan, $0) }
            most = max(most, plan.stepCount)
            let merged = try JSONValue.parse(fixture.merge(results.reversed()))
            #expect(merged["counts"]?["evaluated"]?.integer == 9 - (merged["counts"]?["skipped"]?.integer ?? 0))
            let top = try #require(merged["top"]?.elements)
            let sets = top.compactMap { $0["parameters"]?.text }
            #expect(Set(sets).count == sets.count && sets.count > 1, "\(sets)")
            // The lowest of its numbers stands for it.
            for entry in top {
                let index = try #require(entry["index"]?.integer)
                #expect((0..<9).first { sweep.positions(of: $0) == sweep.positions(of: index) } == index)
            }
            #expect(
                try JSONValue.array(top)
                    == JSONValue.parse(fixture.merge([fixture.result(fixture.plan(sweep, bars: 1000), 0)]))["top"])
        }
        #expect(most == 9 && Set((0..<9).map { sweep.positions(of: $0) }).count < 9)
    }

    @Test func resultsOfOtherSeedsDoNotBelongTogether() throws {
        let plan = try fixture.plan(sweep("random", 150, seed: 5), bars: 35_000)
        let text = String(decoding: try fixture.result(plan, 1), as: UTF8.self)
        var merge = SweepMerge(id: "my-sweep")
        merge.add(try JSONValue.parse(fixture.result(plan, 0)))
        #expect(merge.problem == nil)
        merge.add(try JSONValue.parse(Array(text.replacingOccurrences(of: #""seed":5"#, with: #""seed":6"#).utf8)))
        #expect(merge.problem?.message.contains("one has search") == true)
    }
}
