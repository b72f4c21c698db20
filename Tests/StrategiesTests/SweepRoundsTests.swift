import Foundation
import Messages
import TestSupport
import Testing

@testable import Strategies

/// A sweep in rounds: what it asks for, and what it makes of the answers.
@Suite struct SweepRoundsTests {
    private let fixture: SweepFixture

    init() throws { fixture = try SweepFixture() }

    private static let risk = #"{"name":"stop_loss_pct","min":1,"max":2},{"name":"take_profit_pct","min":1,"max":2}"#

    private func plan(
        _ parameters: String = risk, sets: Int = 160, perRound: Int = 16, seed: Int = 1, more: String = "",
        extremum: String = "max"
    ) throws -> SweepPlan {
        let text = #"""
            {"type":"optimization","optimization_id":"my-sweep","strategy":{"name":"sma_crossover"},
            "data":{"dataset":"walk"},"parameters":[\#(parameters)],"objective":{"target":"sharpe_ratio",
            "extremum":"\#(extremum)"},
            "search":{"method":"tpe","max_evaluations":\#(sets),"per_round":\#(perRound),"seed":\#(seed)\#(more)}}
            """#
        return SweepPlan(try Sweep.parse(Array(text.utf8)), version: nil, bars: 500)
    }

    private func positions(_ request: [UInt8]) throws -> [[Int]] {
        let sets = try #require(try JSONValue.parse(request)["step"]?["sets"]?.elements)
        return sets.map { ($0.elements ?? []).compactMap(\.integer) }
    }

    /// What nodes would answer whose objective is a function of the positions.
    private func answer(_ step: Int, _ request: [UInt8], _ plan: SweepPlan, _ value: ([Int]) -> Double?) throws
        -> JSONValue
    {
        let entries = zip(plan.sets(ofStep: step), try positions(request)).map { set, positions in
            JSONValue.array([
                .integer(set), value(positions).map { .number($0) } ?? .null, .array(positions.map { .integer($0) }),
            ])
        }
        return .object([JSONMember("heatmap", .array(entries))])
    }

    /// Runs all rounds, and says what every set was.
    private func run(_ plan: SweepPlan, _ value: ([Int]) -> Double?) throws -> [[Int]] {
        var rounds = try #require(SweepRounds(plan))
        var all: [[Int]] = []
        while let round = rounds.current {
            for (step, request) in rounds.requests(ofRound: round) {
                all += try positions(request)
                try rounds.tell(try answer(step, request, plan, value), step: step)
            }
        }
        return all
    }

    // MARK: How well it searches

    /// 0 at its best, which is at (0.37, 0.71).
    private static func bowl(_ positions: [Int]) -> Double {
        let (x, y) = (Double(positions[0]) / 1_000_001 - 0.37, Double(positions[1]) / 1_000_001 - 0.71)
        return -x * x - y * y
    }

    /// 0 at its best, which is at three places (Branin), over [-5, 10] and [0, 15].
    private static func threeHollows(_ positions: [Int]) -> Double {
        let (x, y) = (Double(positions[0]) * 15e-6 - 5, Double(positions[1]) * 15e-6)
        let bend = y - 5.1 / (4 * Double.pi * Double.pi) * x * x + 5 / Double.pi * x - 6
        return 0.397_887_357_729_738 - bend * bend - 10 * (1 - 1 / (8 * Double.pi)) * cos(x) - 10
    }

    @Test(arguments: [(bowl, 0.03), (threeHollows, 0.3)] as [(@Sendable ([Int]) -> Double, Double)])
    func itComesNearerToAKnownOptimumThanChance(value: @Sendable ([Int]) -> Double, part: Double) throws {
        var (found, byChance) = (0.0, 0.0)
        for seed in 0..<8 {
            let plan = try plan(seed: seed)
            found -= try run(plan, value).map(value).max() ?? -.infinity
            byChance -= (0..<plan.sweep.setCount).map { value(plan.sweep.positions(of: $0)) }.max() ?? -.infinity
        }
        #expect(found < byChance * part, "\(found) \(byChance)")
    }

    @Test func theLeastIsSoughtWhereTheLeastIsWanted() throws {
        let plan = try plan(extremum: "min")
        let least = try run(plan) { -Self.bowl($0) }.map { -Self.bowl($0) }.min() ?? 1
        #expect(least < 0.0005, "\(least)")
    }

    @Test func ofListsItFindsTheBestWord() throws {
        let lists = #"""
            {"name":"direction","values":["long_only","short_only","long_short"]},{"name":"cross","values":["strict","robust"]},
            {"name":"fast","min":2,"max":1000},{"name":"slow","min":1001,"max":3000}
            """#
        func score(_ positions: [Int]) -> Double? { positions[0] == 2 && positions[1] == 1 ? 1 : 0 }
        let all = try run(try plan(lists, sets: 320), score)
        // Chance would take 13 of 80.
        let good = all.suffix(80).count { score($0) != 0 }
        #expect(good > 60, "\(good)")
    }

    // MARK: What it asks for

    @Test func theSameSeedAndAnswersAskForTheSameSetsInWhateverOrderTheyCome() throws {
        let plan = try plan(more: #","sets_per_step":4"#)
        #expect(plan.setsPerStep == 4 && plan.stepCount == 40)
        #expect(try run(plan, Self.bowl) == run(plan, Self.bowl))
        #expect(try run(plan, Self.bowl) != run(self.plan(seed: 2, more: #","sets_per_step":4"#), Self.bowl))
        var (one, other) = (try #require(SweepRounds(plan)), try #require(SweepRounds(plan)))
        for round in 0..<4 {
            let requests = one.requests(ofRound: round)
            #expect(requests.map(\.request) == other.requests(ofRound: round).map(\.request))
            #expect(requests.map(\.step) == Array(round * 4..<round * 4 + 4))
            for (step, request) in requests {
                try one.tell(answer(step, request, plan, Self.bowl), step: step)
                // Who begins again in the middle of a round asks for the same.
                #expect(one.requests(ofRound: round).map(\.request) == requests.map(\.request))
            }
            #expect(one.current == round + 1)
            for (step, request) in requests.reversed() {
                #expect(other.current == round)
                try other.tell(answer(step, request, plan, Self.bowl), step: step)
            }
        }
        // How a round is cut into steps changes nothing.
        #expect(try run(plan, Self.bowl) == run(self.plan(), Self.bowl))
    }

    @Test func noSetIsAskedForTwiceWhileThereAreOthersAndNoneThatBreaksARule() throws {
        let grid = #"{"name":"fast","min":5,"max":14},{"name":"slow","min":6,"max":25,"step":2}"#
        let plan = try plan(grid, sets: 60)
        // Those with little time for both are the best: all good ones are soon seen.
        let all = try run(plan) { Double(-$0[0] - $0[1]) }
        #expect(all.count == 60 && Set(all).count == 60)
        let broken = all.count { !plan.sweep.admits($0) }
        #expect(broken == 0)
    }

    @Test func setsWithoutAValueAreShunned() throws {
        let all = try run(try plan(sets: 320)) { $0[0] > 600_000 ? nil : Self.bowl($0) }
        let wasted = all.suffix(160).count { $0[0] > 600_000 }
        // Chance would take 64.
        #expect(wasted < 20, "\(wasted)")
        // Where nothing has a value chance goes on.
        #expect(try Set(run(try plan()) { _ in nil }).count == 160)
    }

    @Test func aRoundIsOfWholeStepsAndTheLastOneIsTheRest() throws {
        let plan = try plan(sets: 70, perRound: 30, more: #","sets_per_step":8"#)
        #expect(plan.setsPerStep == 6)
        let rounds = try #require(SweepRounds(plan))
        #expect(rounds.roundCount == 3)
        let steps = (0..<3).map { rounds.steps(ofRound: $0) }
        #expect(steps == [0..<5, 5..<10, 10..<12])
        #expect(plan.sets(ofStep: 11) == 66..<70)
    }

    @Test func aResultOfOtherSetsIsRefused() throws {
        let plan = try plan()
        var rounds = try #require(SweepRounds(plan))
        let (step, request) = try #require(rounds.requests(ofRound: 0).first)
        let right = try answer(step, request, plan, Self.bowl)
        #expect(throws: RequestProblem.self) { try rounds.tell(right, step: 1) }
        #expect(throws: RequestProblem.self) { try rounds.tell(right, step: 99) }
        #expect(throws: RequestProblem.self) { try rounds.tell(.object([]), step: 0) }
        try rounds.tell(right, step: 0)
        #expect(rounds.isTold(0))
    }

    // MARK: The density

    @Test func aRangesDensityIsOneAndItsDrawsFollowIt() {
        let estimator = ParzenEstimator([10, 12, 13, 80], count: 100, isList: false)
        let whole = (0..<100).map { estimator.density($0) }.reduce(0, +) / 100
        #expect(abs(whole - 1) < 0.01, "\(whole)")
        var generator = SeededGenerator(seed: 8)
        var drawn = [Int](repeating: 0, count: 100)
        for _ in 0..<20_000 {
            drawn[
                estimator.draw(Double.random(in: 0..<1, using: &generator), Double.random(in: 0..<1, using: &generator))
            ] += 1
        }
        for part in stride(from: 0, to: 100, by: 10) {
            let expected = (part..<part + 10).map { estimator.density($0) }.reduce(0, +) / 100
            #expect(abs(Double(drawn[part..<part + 10].reduce(0, +)) / 20_000 - expected) < 0.02, "\(part)")
        }
        #expect(estimator.density(12) > 2 * estimator.density(50))
    }

    @Test func ofAListItIsHowOftenAValueWasSeenAndOnceMore() {
        let estimator = ParzenEstimator([2, 2, 0], count: 3, isList: true)
        let densities = (0..<3).map { estimator.density($0) }
        let expected: [Double] = [1.0 / 3, 1.0 / 6, 0.5]
        #expect(densities == expected)
        let drawn = [0, 0.3, 0.34, 0.49, 0.51, 0.99].map { estimator.draw($0, 0) }
        #expect(drawn == [0, 0, 1, 1, 2, 2])
    }

    // MARK: On nodes

    @Test func aStepRunsTheSetsThatItsRequestSays() throws {
        let sweep = try fixture.sweep(
            (
                #""method":"grid","max_evaluations":5000"#,
                #""method":"tpe","max_evaluations":48,"per_round":12,"sets_per_step":6"#
            ), (#","heatmap":true"#, ""), (#""max":120"#, #""max":620"#))
        let plan = try fixture.plan(sweep, bars: 1000)
        var rounds = try #require(SweepRounds(plan))
        var results: [[UInt8]] = []
        while let round = rounds.current {
            for (step, bytes) in rounds.requests(ofRound: round) {
                let request = try JSONValue.parse(bytes)
                #expect(SchemaFile.sweepStep.problems(of: request) == [])
                let reply = try HostReply.parse(fixture.host.run(bytes))
                #expect(reply.status == .completed, "\(reply.problem?.message ?? "")")
                var result = StrategyResult(
                    requestID: plan.requestID(ofStep: step), status: .completed,
                    origin: RequestOrigin(topic: "r", partition: 0, offset: 0, key: nil), node: "a",
                    timing: ResultTiming(queuedMs: 0, stepMs: 1, totalMs: 2))
                result.type = "optimization"
                result.members = reply.members
                results.append(result.encoded())
                let value = try JSONValue.parse(result.encoded())
                #expect(SchemaFile.sweepStepResult.problems(of: value) == [])
                for entry in try #require(value["top"]?.elements) {
                    let set = try #require(entry["index"]?.integer) - plan.sets(ofStep: step).lowerBound
                    let asked = try positions(bytes)[set]
                    let expected = zip(sweep.axes, asked).map { JSONMember($0.name, $0.value($1)) }
                    #expect(entry["parameters"]?.members == expected)
                }
                try rounds.tell(value, step: step)
            }
        }
        #expect(results.count == 8)
        let merged = try JSONValue.parse(fixture.merge(results.reversed()))
        #expect(SchemaFile.mergedSweep.problems(of: merged) == [])
        // Who has too few bars for a set says so: the next round does not ask for it again.
        #expect(merged["counts"]?["failed"]?.integer ?? 0 > 0)
        #expect(merged["heatmap"]?.elements?.count == 48 && merged["search"]?["method"]?.string == "tpe")
        // The number alone does not say what the best set is; its parameters do.
        let best = try #require(merged["top"]?.elements?.first)
        let run = try JSONValue.parse(
            fixture.host.run(
                plan.backtest(
                    ofSet: try #require(best["index"]?.integer), parameters: best["parameters"]?.members,
                    isOutOfSample: false)))
        #expect(run["statistics"]?["sharpe_ratio"]?.double == best["objective"]?.double)
    }

    @Test(arguments: [
        (#","sets":[["#, #","set":[["#, "step.sets is missing"),
        (#","sets":[["#, #","sets":[[9999,"#, "step.sets must be count lists"),
        (#","sets":[["#, #","sets":[[1],["#, "step.sets must be count lists"),
        (#","sets":[["#, #","sets":null,"labels":[["#, "step.sets is missing"),
    ]) func aStepWithWrongSetsIsRefused(part: String, replacement: String, words: String) throws {
        let request = String(decoding: try plan().request(step: 1), as: UTF8.self)
        #expect(request.contains(part))
        let reply = try HostReply.parse(
            fixture.host.run(Array(request.replacingOccurrences(of: part, with: replacement).utf8)))
        #expect(reply.status == .rejected)
        #expect(reply.problem?.message.contains(words) == true, "\(reply.problem?.message ?? "accepted")")
    }
}
