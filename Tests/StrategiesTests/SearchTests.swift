import Foundation
import Messages
import TestSupport
import Testing

@testable import Strategies

/// How sets are drawn from a grid, and that a drawn sweep is one however it is cut.
@Suite struct SearchTests {
    let fixture: SweepFixture

    init() throws { fixture = try SweepFixture() }

    static let drawn = ["random", "latin_hypercube", "sobol"]

    func sweep(_ method: String, _ sets: Int, seed: Int? = nil) throws -> Sweep {
        let seed = seed.map { #","seed":\#($0)"# } ?? ""
        return try fixture.sweep(
            (#""method":"grid","max_evaluations":5000"#, #""method":"\#(method)","max_evaluations":\#(sets)\#(seed)"#))
    }

    /// Over two ranges without steps.
    func square(_ method: String, _ sets: Int, seed: Int? = nil) throws -> Sweep {
        let seed = seed.map { #","seed":\#($0)"# } ?? ""
        let text = #"""
            {"type":"optimization","strategy":{"name":"sma_crossover"},"data":{"dataset":"walk"},
            "parameters":[{"name":"stop_loss_pct","min":1,"max":2},{"name":"take_profit_pct","min":1,"max":2}],
            "search":{"method":"\#(method)","max_evaluations":\#(sets)\#(seed)}}
            """#
        return try Sweep.parse(Array(text.utf8))
    }

    /// Points of the unit square.
    func points(_ sweep: Sweep) -> [(x: Double, y: Double)] {
        (0..<sweep.setCount).map { set in
            let positions = sweep.positions(of: set).map { Double($0) / 1_000_001 }
            return (positions[0], positions[1])
        }
    }

    // MARK: Sobol

    /// scipy.stats.qmc.Sobol(21, scramble=False, bits=32).random(2048) · 2^32, scipy 1.17.1.
    private static let reference: [Int: [UInt32]] = [
        0: [UInt32](repeating: 0, count: 21), 1: [UInt32](repeating: 1 << 31, count: 21),
        7: [
            536_870_912, 2_684_354_560, 1_610_612_736, 536_870_912, 536_870_912, 1_610_612_736, 2_684_354_560,
            2_684_354_560, 2_684_354_560,
            3_758_096_384, 2_684_354_560, 536_870_912, 2_684_354_560, 1_610_612_736, 536_870_912, 536_870_912,
            536_870_912, 536_870_912,
            2_684_354_560, 3_758_096_384, 3_758_096_384,
        ],
        1000: [
            943_718_400, 415_236_096, 2_227_175_424, 2_906_652_672, 1_203_765_248, 3_896_508_416, 197_132_288,
            3_862_953_984, 2_151_677_952,
            297_795_584, 364_904_448, 1_094_713_344, 692_060_160, 1_648_361_472, 616_562_688, 1_589_641_216,
            3_091_202_048, 1_480_589_312,
            4_257_218_560, 3_116_367_872, 2_243_952_640,
        ],
        2047: [
            2_097_152, 2_694_840_320, 3_999_268_864, 1_507_852_288, 2_707_423_232, 2_824_863_744, 505_413_632,
            136_314_880, 3_927_965_696,
            1_914_699_776, 2_141_192_192, 3_802_136_576, 2_510_290_944, 4_242_538_496, 2_099_249_152, 2_912_944_128,
            2_325_741_568, 3_537_895_424,
            471_859_200, 157_286_400, 1_537_212_416,
        ],
    ]

    @Test func sobolPointsAreThoseOfSciPy() {
        #expect(Sobol.dimensions == 21)
        for (index, point) in Self.reference {
            #expect((0..<21).map { Sobol.coordinate(index, $0) } == point, "\(index)")
        }
    }

    @Test func theFirstPowerOfTwoOfSobolPointsHasOneInEachPartOfAnAxis() {
        for dimension in 0..<Sobol.dimensions {
            let parts = (0..<1024).map { Sobol.coordinate($0, dimension) >> 22 }
            #expect(Set(parts).count == 1024, "\(dimension)")
        }
    }

    @Test func aSeedShiftsTheSobolSequenceAndKeepsItsOrder() throws {
        let plain = try square("sobol", 64)
        #expect(plain.positions(of: 0) == [0, 0] && plain.positions(of: 1) == [500_000, 500_000])
        let shifted = try square("sobol", 64, seed: 0)
        #expect(shifted.positions(of: 0) != [0, 0])
        #expect(try square("sobol", 64, seed: 1).positions(of: 0) != shifted.positions(of: 0))
        // A shift keeps what is in one of 64 parts of an axis together.
        #expect(Set(points(shifted).map { Int($0.x * 64) }).count == 64)
    }

    @Test func aLongerSobolSequenceBeginsWithAShorterOne() throws {
        let (short, long) = (try sweep("sobol", 50), try sweep("sobol", 400))
        for set in 0..<50 { #expect(short.positions(of: set) == long.positions(of: set)) }
    }

    // MARK: By chance

    @Test func aPermutationHasEveryNumberOnce() {
        for count in Array(1...70) + [441, 1000, 4096, 4097, 65_537] {
            let order = Permutation(of: count, key: UInt64(count))
            #expect(Set((0..<count).map { order[$0] }) == Set(0..<count), "\(count)")
        }
        let largest = Permutation(of: Permutation.most, key: 7)
        let numbers = (0..<1000).map { largest[$0] }
        #expect(Set(numbers).count == 1000 && numbers.allSatisfy { (0..<Permutation.most).contains($0) })
    }

    @Test func anotherKeyIsAnotherPermutation() {
        let orders = (0..<20 as Range<UInt64>).map { key in
            let order = Permutation(of: 1000, key: key)
            return (0..<1000).map { order[$0] }
        }
        #expect(Set(orders).count == 20)
        // A number stays where it is, or is beside the one before it, about as often as chance has it.
        let fixed = orders.map { $0.enumerated().count { $0 == $1 } }.reduce(0, +)
        #expect((4...50).contains(fixed), "\(fixed)")
        let runs = orders.map { order in (1..<1000).count { order[$0] == order[$0 - 1] + 1 } }.reduce(0, +)
        #expect((4...50).contains(runs), "\(runs)")
    }

    @Test func randomSetsAreDifferentAndAllOfThemAreTheGrid() throws {
        let some = try sweep("random", 200, seed: 3)
        #expect(Set((0..<200).map { some.positions(of: $0) }).count == 200)
        let all = try sweep("random", 441)
        #expect(Set((0..<441).map { all.positions(of: $0) }).count == 441)
        #expect(try sweep("random", 200, seed: 4).positions(of: 0) != some.positions(of: 0))
    }

    @Test func aRandomSetThatBreaksARuleIsDrawnAnewWhileThereAreOthers() throws {
        func skipped(_ sweep: Sweep) -> Int {
            (0..<sweep.setCount).count { !sweep.admits(sweep.parameters(of: $0)) }
        }
        // 42 of the 441 have a fast average that is not the faster one.
        for seed in 0..<5 { #expect(try skipped(sweep("random", 40, seed: seed)) == 0) }
        #expect(try skipped(sweep("random", 441)) == 42)
        // Six of seven sets break this one.
        let few = try fixture.sweep(
            (#""right":"slow""#, #""right":11"#),
            (#""method":"grid","max_evaluations":5000"#, #""method":"random","max_evaluations":4"#))
        #expect(skipped(few) == 0)
        let many = try sweep("random", 220, seed: 1)
        #expect(Set((0..<220).map { many.positions(of: $0) }).count == 220)
        #expect(skipped(many) < 10)
        #expect(try skipped(sweep("sobol", 220)) > 10)
    }

    @Test(arguments: [1, 2, 3, 60, 1000, 4099]) func aLatinHypercubeHasOneSetInEachStratumOfEachAxis(
        sets: Int
    ) throws {
        let sweep = try square("latin_hypercube", sets, seed: sets)
        let sequence = try SetSequence(sweep.search, sweep.axes)
        for axis in 0..<2 {
            let strata = (0..<sets).map { set in
                Int(sequence.stratified(set, axis).multipliedFullWidth(by: UInt64(sets)).high)
            }
            #expect(strata.sorted() == Array(0..<sets))
        }
    }

    @Test func aLatinHypercubeTakesEachValueAsOftenAsOthers() throws {
        let sweep = try sweep("latin_hypercube", 63, seed: 2)
        for axis in 0..<2 {
            let times = Dictionary(grouping: 0..<63) { sweep.positions(of: $0)[axis] }.mapValues(\.count)
            #expect(times.count == 21 && times.values.allSatisfy { $0 == 3 })
        }
        #expect(try self.sweep("latin_hypercube", 63, seed: 3).positions(of: 5) != sweep.positions(of: 5))
    }

    // MARK: The grid

    @Test(arguments: drawn) func aGridOfAnySizeCanBeDrawnFrom(method: String) throws {
        let names = ["stop_loss_pct", "take_profit_pct"]
        let huge =
            (["fast", "slow"].map { #"{"name":"\#($0)","min":2,"max":10000}"# }
            + names.map { #"{"name":"\#($0)","min":0.5,"max":3}"# }).joined(separator: ",")
        let text = SweepFixture.text
            .replacingOccurrences(
                of: #"{"name":"fast","min":5,"max":45,"step":2},{"name":"slow","min":20,"max":120,"step":5}"#,
                with: huge
            )
        func parse(_ search: String) throws -> Sweep {
            try Sweep.parse(
                Array(text.replacingOccurrences(of: #""method":"grid","max_evaluations":5000"#, with: search).utf8))
        }
        let sweep = try parse(#""method":"\#(method)","max_evaluations":5000"#)
        #expect(sweep.setCount == 5000 && sweep.axes.map(\.count) == [9999, 9999, 1_000_001, 1_000_001])
        #expect(Set((0..<5000).map { sweep.positions(of: $0) }).count == 5000)
        for set in [0, 1, 4999] {
            let swept = sweep.sweptParameters(of: set)
            #expect(swept[2...].allSatisfy { (0.5...3).contains($0.value.double ?? 0) })
        }
        // Without a step there is no grid to run.
        let problem = #expect(throws: RequestProblem.self) { try parse(#""method":"grid""#) }
        #expect(problem?.message.contains("parameters[2].step is missing, must be a number above 0") == true)
    }

    @Test func aGridThatIsTooLargeCanBeDrawnFromAndTheRefusalSaysSo() throws {
        let problem = #expect(throws: RequestProblem.self) {
            try fixture.sweep((#""max_evaluations":5000"#, #""max_evaluations":100"#))
        }
        #expect(problem?.message.contains("or draw from it (search.method \"sobol\")") == true)
    }

    @Test func aRangeWithoutAStepHasDecimalsFromOneEndToTheOther() throws {
        let axis = try square("sobol", 9).axes[0]
        #expect(axis.count == 1_000_001)
        #expect([0, 1, 500_000, 1_000_000].map { axis.value($0) } == [1, 1.000_001, 1.5, 2].map { .number($0) })
    }

    @Test func theStepOfARangeWithoutOneIsADecimal() throws {
        let descriptor = StrategyDescriptor(
            name: "s", summary: "",
            parameters: [ParameterSpecification("a", .number(-1e15...1e15), default: .number(1), "")])
        func axis(_ minimum: String, _ maximum: String) throws -> SweepAxis {
            let text = #"{"name":"a","min":\#(minimum),"max":\#(maximum)}"#
            return try SweepAxis(JSONValue.parse(Array(text.utf8)), "a", descriptor, isDrawn: true)
        }
        let some = try axis("100.1", "100.5")
        #expect(some.count == 1_000_001)
        #expect(
            [0, 1, 3, 333_333, 1_000_000].map { some.value($0) }
                == [100.1, 100.1000004, 100.1000012, 100.2333332, 100.5].map { .number($0) })
        // The ends as decimals, whatever binary arithmetic has made of them and of their difference.
        for (minimum, maximum) in [
            ("0.1", "0.30000000000000004"), ("100.1", "100.4"), ("-2", "99.99"), ("0.001", "80000"), ("-1e9", "1e9"),
        ] {
            let axis = try axis(minimum, maximum)
            guard case .decimals(let range) = axis.values else {
                Issue.record("\(minimum) to \(maximum) is \(axis.values)")
                continue
            }
            #expect(axis.count == 1_000_001 && range.value(1_000_000) == range.maximum, "\(minimum) to \(maximum)")
        }
        // Ends with more digits than are counted in are divided as they are.
        let long = try axis("0.1234567890123456", "0.2234567890123457")
        #expect(abs(long.count - 1_000_001) <= 1 && long.value(0) == .number(0.1234567890123456))
        #expect(try axis("3", "3").count == 1)
    }

    @Test func anAxisThatIsDrawnFromMayHaveMoreValuesThanAGridSets() throws {
        func axes(_ method: String, _ step: String) throws -> [Int] {
            try fixture.sweep(
                (#""method":"grid","max_evaluations":5000"#, method),
                (
                    #"{"name":"fast","min":5"#,
                    #"{"name":"stop_loss_pct","min":0,"max":99,"step":\#(step)},{"name":"fast","min":5"#
                )
            ).axes.map(\.count)
        }
        for method in Self.drawn {
            #expect(
                try axes(#""method":"\#(method)","max_evaluations":50"#, "1e-12") == [99_000_000_000_001, 21, 21])
        }
        let drawn = #expect(throws: RequestProblem.self) {
            try axes(#""method":"sobol","max_evaluations":50"#, "1e-15")
        }
        #expect(
            drawn?.message
                == "parameters[0] has more than 9007199254740991 values; take a larger step, or leave out step")
        let whole = #expect(throws: RequestProblem.self) { try axes(#""method":"grid""#, "1e-9") }
        #expect(
            whole?.message
                == "parameters[0] has more than 100000000 values; take a larger step, or draw sets (search.method \"sobol\")"
        )
    }

    @Test func aStepWithManyPositionsIsOfFewerSets() throws {
        let names = (0..<16).map { "p\($0)" }
        let wide = StrategyDescriptor(
            name: "wide", summary: "",
            parameters: names.map { ParameterSpecification($0, .number(1...2), default: .number(1), "") })
        func parse(_ sets: Int) throws -> Sweep {
            let axes = names.map { #"{"name":"\#($0)","min":1,"max":2}"# }.joined(separator: ",")
            let text = #"""
                {"type":"optimization","strategy":{"name":"wide"},"data":{"dataset":"walk"},"parameters":[\#(axes)],
                "search":{"method":"sobol","max_evaluations":9000,"sets_per_step":\#(sets)},"output":{"heatmap":true,"top":200}}
                """#
            return try Sweep.parse(Array(text.utf8), external: [wide])
        }
        var plan = SweepPlan(try parse(2142), version: nil, bars: 2)
        #expect(plan.setsPerStep == 2142)
        plan.cut(setsPerStep: 4096)
        #expect(plan.setsPerStep == 2142)
        let problem = #expect(throws: RequestProblem.self) { try parse(2143) }
        #expect(
            problem?.message
                == "search.sets_per_step is 2143, must be an integer from 1 to 2142, so that a step's result with its heat map "
                + "or figures fits into a Kafka message of 1 MB")
    }
}
