import Foundation
import Messages
import TestSupport
import Testing

@testable import Strategies

/// How a grid is numbered, cut into steps and turned into requests.
@Suite struct SweepPlanTests {
    private let fixture: SweepFixture

    init() throws { fixture = try SweepFixture() }

    @Test func theFirstParameterIsTheSlowest() throws {
        let sweep = try fixture.sweep()
        #expect(sweep.setCount == 21 * 21)
        #expect(sweep.sweptParameters(of: 0) == [JSONMember("fast", .integer(5)), JSONMember("slow", .integer(20))])
        #expect(sweep.sweptParameters(of: 1) == [JSONMember("fast", .integer(5)), JSONMember("slow", .integer(25))])
        #expect(sweep.sweptParameters(of: 21) == [JSONMember("fast", .integer(7)), JSONMember("slow", .integer(20))])
        #expect(
            sweep.sweptParameters(of: 440) == [JSONMember("fast", .integer(45)), JSONMember("slow", .integer(120))])
        #expect(sweep.parameters(of: 440).text("direction") == "long_only")
    }

    @Test func everySetOfTheGridIsDifferent() throws {
        let sweep = try fixture.sweep()
        let sets = Set((0..<sweep.setCount).map { JSONValue.object(sweep.sweptParameters(of: $0)).text })
        #expect(sets.count == sweep.setCount)
    }

    @Test func aValueIsComputedAndNotAddedUp() throws {
        let sweep = try fixture.sweep(
            (
                #"{"name":"fast","min":5,"max":45,"step":2}"#,
                #"{"name":"stop_loss_pct","min":0.1,"max":2.3,"step":0.1}"#
            ))
        #expect(sweep.axes[0].count == 23)
        #expect(sweep.axes[0].value(22) == .number(2.3))
        #expect(sweep.axes[0].value(6) == .number(0.7))
    }

    @Test(arguments: [
        ("0.1", "0.5", "0.1", [0.1, 0.2, 0.3, 0.4, 0.5]), ("0.8", "1.0", "0.1", [0.8, 0.9, 1]),
        ("0.1", "0.35", "0.1", [0.1, 0.2, 0.3]), ("0.1", "0.30000000000000004", "0.1", [0.1, 0.2, 0.3]),
        ("0", "0.000003", "1e-6", [0, 0.000_001, 0.000_002, 0.000_003]), ("7", "7", "0.3", [7]),
        ("33.333333333333336", "67", "33.333333333333336", [33.333333333333336, 66.66666666666667]),
        ("0", "90", "30", [0, 30, 60, 90]), ("0.7", "2.8", "0.7", [0.7, 1.4, 2.1, 2.8]),
    ]) func valuesAreTheDecimalOnesAndTheLastIsReached(
        minimum: String, maximum: String, step: String, values: [Double]
    ) throws {
        let axis = #"{"name":"take_profit_pct","min":\#(minimum),"max":\#(maximum),"step":\#(step)}"#
        let sweep = try fixture.sweep((#"{"name":"fast","min":5,"max":45,"step":2}"#, axis))
        #expect(sweep.axes[0].count == values.count)
        #expect((0..<sweep.axes[0].count).map { sweep.axes[0].value($0).double } == values)
    }

    @Test func digitsTooFarApartForIntegersAreCountedInBinary() throws {
        let axis = #"{"name":"take_profit_pct","min":1e-30,"max":99999,"step":33333}"#
        let sweep = try fixture.sweep((#"{"name":"fast","min":5,"max":45,"step":2}"#, axis))
        #expect((0..<sweep.axes[0].count).map { sweep.axes[0].value($0).double } == [1e-30, 33333, 66666, 99999])
    }

    @Test func valuesOfTwoRangesCompareAsTheyRead() throws {
        let sweep = try fixture.sweep(
            (
                #"{"name":"fast","min":5,"max":45,"step":2}"#,
                #"{"name":"stop_loss_pct","min":0.1,"max":0.5,"step":0.1}"#
            ),
            (
                #"{"name":"slow","min":20,"max":120,"step":5}"#,
                #"{"name":"take_profit_pct","values":[0.30000000000000004,0.4,0.5,0.3,5e-1]}"#
            ),
            (
                #"{"left":"fast","operator":"less","right":"slow"}"#,
                #"{"left":"stop_loss_pct","operator":"lessOrEqual","right":"take_profit_pct"}"#
            ))
        #expect(sweep.setCount == 15)
        let admitted = (0..<15).filter { sweep.admits(sweep.parameters(of: $0)) }
        #expect(admitted.count == 12)
        #expect(
            admitted.contains {
                sweep.sweptParameters(of: $0)
                    == [JSONMember("stop_loss_pct", .number(0.3)), JSONMember("take_profit_pct", .number(0.3))]
            })
    }

    @Test func aNumberIsAsItIsWrittenAndWhatNobodyWritesIsTheShortOne() {
        for text in [
            "0.1", "1e-05", "123456.789", "5e-324", "1e+16", "0.3333333333333333", "0.6666666666666666", "-2.5",
        ] {
            guard let value = Double(text) else { continue }
            #expect(DecimalNumber(value).double == value, "\(text)")
        }
        #expect(DecimalNumber(0.1 + 0.2).double == 0.3)
        #expect(DecimalNumber(1.1 * 3).double == 3.3)
        #expect(DecimalNumber(2.9000000000000004).double == 2.9)
        var generator = SeededGenerator(seed: 14)
        for _ in 0..<2000 {
            let (count, exponent) = (
                Int.random(in: 1...999_999_999, using: &generator), Int.random(in: -30...5, using: &generator)
            )
            #expect(DecimalNumber.double(count, exponent: exponent) == Double("\(count)e\(exponent)"))
        }
    }

    @Test func aListOfWordsCanBeSwept() throws {
        let sweep = try fixture.sweep((#""parameters":{"direction":"long_only"}"#, #""parameters":{}"#))
        #expect(sweep.setCount == 441)
        let words = try fixture.sweep(
            (
                #"{"name":"slow","min":20,"max":120,"step":5}"#, #"{"name":"cross","values":["strict","robust"]}"#
            ))
        #expect(words.setCount == 42)
        #expect(words.parameters(of: 1).text("cross") == "robust")
    }

    @Test func aGridBeyondTheLargestIsNotToBeRaised() throws {
        let text = SweepFixture.text.replacingOccurrences(of: #","max_evaluations":5000"#, with: "")
            .replacingOccurrences(
                of: #""name":"fast","min":5,"max":45,"step":2"#, with: #""name":"fast","min":1,"max":9000"#
            )
            .replacingOccurrences(of: #""max":120,"step":5"#, with: #""max":10000,"step":1"#)
        let sweep = try Sweep.parse(Array(text.utf8))
        #expect(sweep.setCount == 9000 * 9981)
        let larger = text.replacingOccurrences(
            of: #""parameters":[{"#, with: #""parameters":[{"name":"cross","values":["strict","robust"]},{"#)
        let problem = #expect(throws: RequestProblem.self) { try Sweep.parse(Array(larger.utf8)) }
        #expect(problem?.message.contains("the most there may be") == true, "\(problem?.message ?? "")")
        #expect(problem?.message.contains("max_evaluations") == false)
    }

    @Test func theListsOfASweepFitIntoEveryStepsRequest() throws {
        func sweep(_ count: Int) throws -> Sweep {
            let values = (0..<count).map { "\(20 + $0 % 9000)" }.joined(separator: ",")
            return try fixture.sweep(
                (#"{"name":"slow","min":20,"max":120,"step":5}"#, #"{"name":"slow","values":[\#(values)]}"#))
        }
        let problem = #expect(throws: RequestProblem.self) { try sweep(30_000) }
        #expect(problem?.message.contains("must have at most 32768 together") == true, "\(problem?.message ?? "")")
        let largest = try sweep(200)
        #expect(try fixture.plan(largest, bars: 1000).request(step: 0).count < 65_536)
    }

    @Test(arguments: [
        ("2009-01-01", "none is before it"), ("2010-01-04", "none is before it"), ("2030-01-01", "none is kept back"),
    ]) func aSweepWithAnEmptyPartIsRefused(start: String, words: String) throws {
        let sweep = try fixture.sweep((#""start":"2011-07-01""#, #""start":"\#(start)""#))
        let problem = #expect(throws: RequestProblem.self) { try SweepPlan(sweep, dataRoot: fixture.folder.path) }
        #expect(problem?.code == .insufficientData)
        #expect(problem?.message.contains(words) == true, "\(problem?.message ?? "accepted")")
    }

    @Test func aStepsIDNamesTheSweepTheContentAndTheNumber() throws {
        let plan = try fixture.plan(fixture.sweep((#""my-sweep""#, #""a:b:1""#)), bars: 8000)
        let id = try #require(StepID(plan.requestID(ofStep: 4)))
        #expect(id.sweep == "a:b:1" && id.digest == plan.digest && id.step == 4)
        #expect(id.text == plan.requestID(ofStep: 4))
        for text in [
            "", "a", "a:\(plan.digest)", "a:\(plan.digest):", "a:\(plan.digest):+1", "a:\(plan.digest):01", "a:b:1",
        ] {
            #expect(StepID(text) == nil, "\(text)")
        }
    }

    @Test func aStepIsAboutTwentyMillisecondsOfWork() throws {
        #expect(try SweepPlan(fixture.sweep(), dataRoot: fixture.folder.path).setsPerStep == 1600)
        #expect(try fixture.plan(fixture.sweep(), bars: 2148).setsPerStep == 372)
        #expect(try fixture.plan(fixture.sweep(), bars: 10_000_000).setsPerStep == 1)
        #expect(try fixture.plan(fixture.sweep(), bars: 3).setsPerStep == SweepPlan.mostSetsPerStep)
    }

    @Test func theBarsOfAWarmUpCountForTheSizeOfAStep() throws {
        func setsPerStep(_ data: String) throws -> Int {
            let sweep = try fixture.sweep(
                (#""dataset":"walk""#, #""dataset":"walk",\#(data)"#), ("2011-07-01", "2011-10-01"))
            return try SweepPlan(sweep, dataRoot: fixture.folder.path).setsPerStep
        }
        // The last 100 of 500 bars, 2010 to 2011, and no more before them than there are.
        let start = BarTime.text(try Fixture.table("synth_walk", first: 500).time[400])
        #expect(try setsPerStep(#""start":"\#(start)""#) == SweepPlan.mostSetsPerStep)
        #expect(try setsPerStep(#""start":"\#(start)","warmup_bars":300"#) == 2000)
        #expect(try setsPerStep(#""start":"\#(start)","warmup_bars":9000"#) == 1600)
    }

    @Test func theStepsCoverTheGridOnce() throws {
        for bars in [2000, 7000, 100_000, 800_000, 3_000_000] {
            let plan = try fixture.plan(fixture.sweep(), bars: bars)
            let sets = (0..<plan.stepCount).flatMap { Array(plan.sets(ofStep: $0)) }
            #expect(sets == Array(0..<441))
        }
    }

    @Test func aStepsRequestFollowsFromTheSweep() throws {
        let plan = try fixture.plan(fixture.sweep(), bars: 8000)
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
        #expect(try fixture.plan(fixture.sweep(), bars: 8000).request(step: 4) == plan.request(step: 4))
        #expect(plan.request(step: 0).count + 5 >= plan.request(step: 3).count)
    }

    @Test func idsFollowFromContentAndNotFromLayout() throws {
        func digest(_ text: String) throws -> String {
            let sweep = try Sweep.parse(Array(text.utf8))
            return SweepPlan(sweep, version: "sha256:" + String(repeating: "0", count: 64), bars: 100).requestID(
                ofStep: 0)
        }
        let same = SweepFixture.text.replacingOccurrences(of: "\n", with: "  ").replacingOccurrences(
            of: ":", with: " : ")
        #expect(try digest(same) == digest(SweepFixture.text))
        #expect(
            try digest(SweepFixture.text.replacingOccurrences(of: "\"top\":7", with: "\"top\":8"))
                != digest(SweepFixture.text))
        let nameless = SweepFixture.text.replacingOccurrences(of: #""optimization_id":"my-sweep","#, with: "")
        #expect(try digest(nameless).hasPrefix("sweep-"))
        let sweep = try Sweep.parse(Array(nameless.utf8))
        let versions = ["0", "1"].map { "sha256:" + String(repeating: $0, count: 64) }
        #expect(
            SweepPlan(sweep, version: versions[0], bars: 9).id != SweepPlan(sweep, version: versions[1], bars: 9).id)
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
        (#""method":"grid""#, #""method":"bayes""#, "search.method is \"bayes\", must be one of \"grid\", \"random\""),
        (#""method":"grid""#, #""method":"sobl""#, "did you mean \"sobol\""),
        (#""method":"grid""#, #""method":"sobol""#, "search.max_evaluations is 5000, and the grid has 441 sets"),
        (
            #""method":"grid","max_evaluations":5000"#, #""method":"random""#,
            "search.max_evaluations is missing, must be how many sets are to be drawn"
        ),
        (#""method":"grid""#, #""seed":1"#, "search.seed is 1, must be left out"),
        (#""method":"grid""#, #""method":"sobol","seed":1.5"#, "search.seed is 1.5, must be an integer from 0"),
        (#""method":"grid""#, #""sets_per_step":0"#, "search.sets_per_step is 0, must be an integer from 1 to 4096"),
        (#""max_evaluations":5000"#, #""max_evaluations":100"#, "has more than the 100 sets"),
        (#""max":45"#, #""max":450000"#, "parameters[0]"),
        (#""start":"2011-07-01""#, #""start":"2011""#, "out_of_sample.start"),
        (#""top":7"#, #""top":0"#, "output.top"),
        (#""search""#, #""data":{},"search""#, "data is given twice; give it once"),
        (#""objective""#, #""objectiv""#, "did you mean \"objective\""),
        (#""name":"sma_crossover""#, #""name":"noop""#, "noop"),
        (
            #""name":"sma_crossover""#, #""name":"mine""#,
            "neither a built-in strategy nor one of the configuration; these can be swept: bollinger"
        ),
        (#""my-sweep""#, #""my sweep""#, "must be 1 to 128 letters, digits"),
        (#""my-sweep""#, #""$(reboot)""#, "must be 1 to 128 letters, digits"),
        (#""my-sweep""#, #""-sweep""#, "beginning with a letter or a digit"),
        (#""dataset":"walk""#, #""dataset":"../walk""#, "data.dataset"),
    ]) func aWrongSweepIsRefusedInWords(part: String, replacement: String, words: String) throws {
        let problem = #expect(throws: RequestProblem.self) { try fixture.sweep((part, replacement)) }
        #expect(problem?.message.contains(words) == true, "\(problem?.message ?? "accepted")")
    }
}
