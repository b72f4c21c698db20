import Foundation
import Messages
import TestSupport
import Testing

@testable import Strategies

/// Steps that answer with all figures of every set.
@Suite struct SweepFiguresTests {
    private let fixture: SweepFixture

    init() throws { fixture = try SweepFixture() }

    private static let all = (#""output":{"top":7"#, #""output":{"figures":"all","top":7"#)
    private static let grid = #""method":"grid","max_evaluations":5000"#

    @Test(arguments: [
        #""method":"grid","max_evaluations":5000"#, #""method":"sobol","max_evaluations":60,"seed":2"#,
        #""method":"random","max_evaluations":60"#,
    ]) func everySetThatRanHasTheFiguresOfASingleRunOfIt(search: String) throws {
        let sweep = try fixture.sweep(Self.all, (Self.grid, search), (#""max":45,"step":2"#, #""max":45,"step":4"#))
        let plan = try fixture.plan(sweep, bars: 1000)
        let result = try JSONValue.parse(fixture.result(plan, 0))
        #expect(SchemaFile.sweepStepResult.problems(of: result) == [])
        let figures = try #require(result["figures"])
        let names = Statistic.allCases.map(\.rawValue)
        #expect(figures["names"]?.elements?.compactMap(\.string) == names)
        let sets = try #require(figures["sets"]?.elements).compactMap(\.elements)
        let counts = try #require(result["counts"])
        #expect(sets.count == counts["evaluated"]?.integer && sets.count > 40)
        // Those that a constraint turned down are among them.
        #expect(counts["constraint_rejected"]?.integer ?? 0 > 0)
        #expect(sets.compactMap { $0[0].integer } == sets.compactMap { $0[0].integer }.sorted())
        for set in sets {
            let index = try #require(set[0].integer)
            #expect(set[1].elements == sweep.sweptParameters(of: index).map(\.value))
            for (values, isOutOfSample) in [(set[2], false), (set[3], true)] {
                let run = try JSONValue.parse(
                    fixture.host.run(plan.backtest(ofSet: index, isOutOfSample: isOutOfSample)))
                let expected = names.map { run["statistics"]?[$0] ?? .null }
                // Out of sample a set may need more bars than there are.
                let isMissing = isOutOfSample && run["statistics"] == nil
                #expect(values == (isMissing ? .null : .array(expected)), "\(index)")
            }
        }
        // What is told beside them is as without.
        let without = try fixture.sweep((Self.grid, search), (#""max":45,"step":2"#, #""max":45,"step":4"#))
        let plain = try JSONValue.parse(fixture.result(fixture.plan(without, bars: 1000), 0))
        for name in ["top", "counts", "heatmap", "luck", "first_failure", "out_of_sample"] {
            #expect(plain[name] == result[name], "\(name)")
        }
        #expect(plain["figures"] == nil)
    }

    @Test func withoutBarsKeptBackThereAreNoneOutOfSample() throws {
        let sweep = try fixture.sweep(Self.all, (#","out_of_sample":{"start":"2011-07-01"}"#, ""))
        let result = try JSONValue.parse(fixture.result(fixture.plan(sweep, bars: 20_000), 0))
        #expect(SchemaFile.sweepStepResult.problems(of: result) == [])
        let sets = try #require(result["figures"]?["sets"]?.elements)
        #expect(!sets.isEmpty && sets.allSatisfy { $0.elements?.count == 4 && $0.elements?.last == .null })
    }

    @Test func aStepsResultFitsIntoAMessageHoweverMuchIsAskedFor() throws {
        let sweep = try fixture.sweep(
            (#""output":{"top":7"#, #""output":{"figures":"all","top":200"#), (#""max":45,"step":2"#, #""max":45"#),
            (#""max":120,"step":5"#, #""max":120,"step":1"#), (#""target_value":6"#, #""target_value":0"#))
        let plan = try fixture.plan(sweep, bars: 1)
        #expect(plan.setsPerStep == sweep.mostSetsPerStep && sweep.mostSetsPerStep < 300)
        #expect(sweep.mostSetsPerStep > 100)
        // A step with the most sets, of which the most are kept.
        let bytes = try fixture.result(plan, 8)
        let result = try JSONValue.parse(bytes)
        #expect(result["top"]?.elements?.count ?? 0 > 100 && result["figures"]?["sets"]?.elements?.count ?? 0 > 100)
        #expect(bytes.count < 1_000_000, "\(bytes.count)")
        let one = try fixture.sweep(Self.all)
        #expect(one.mostSetsPerStep > 400)
        let problem = #expect(throws: RequestProblem.self) {
            try fixture.sweep(Self.all, (#""method":"grid""#, #""sets_per_step":4096"#))
        }
        #expect(
            problem?.message.hasPrefix(
                "search.sets_per_step is 4096, must be an integer from 1 to \(one.mostSetsPerStep), so that") == true)
    }

    @Test func aMergedSweepIsThatWithoutThem() throws {
        let plan = try fixture.plan(fixture.sweep(Self.all), bars: 12_000)
        let merged = try JSONValue.parse(fixture.merge((0..<plan.stepCount).map { try fixture.result(plan, $0) }))
        #expect(SchemaFile.mergedSweep.problems(of: merged) == [])
        #expect(merged["figures"] == nil && merged["steps"]?["completed"]?.integer == plan.stepCount)
    }
}
