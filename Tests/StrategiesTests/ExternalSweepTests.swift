import Foundation
import Messages
import TestSupport
import Testing

@testable import Strategies

/// Steps of sweeps over a strategy whose hosts are asked, set by set.
@Suite struct ExternalSweepTests {
    private let fixture: SweepFixture

    init() throws { fixture = try SweepFixture() }

    private static let mine = StrategyDescriptor(
        name: "mine", version: 4, summary: "",
        parameters: [
            ParameterSpecification("fast", .integer(1...100), default: nil, ""),
            ParameterSpecification("slow", .integer(2...200), default: .integer(20), ""),
            ParameterSpecification("mode", .choice(["crosses", "none"]), default: .string("crosses"), ""),
        ])

    private static func text(
        _ name: String, _ strategy: String = "", top: Int = 7, search: String = "", warmUp: String = ""
    ) -> String {
        """
        {"type":"optimization","optimization_id":"own","strategy":{"name":"\(name)"\(strategy)},
        "data":{"dataset":"walk","timeframe":"1d","start":"2010-02-01"\(warmUp)},
        "parameters":[{"name":"fast","min":5,"max":20,"step":5},{"name":"slow","min":10,"max":40,"step":10}],
        "parameter_constraints":[{"left":"fast","operator":"less","right":"slow"}],
        "objective":{"target":"sharpe_ratio","extremum":"max"},"account":{"units":"fractional"},
        "constraints":[{"target":"trade_count","operator":"greaterOrEqual","target_value":3}],
        "out_of_sample":{"start":"2011-07-01"},"search":{\(search)"sets_per_step":5},"output":{"top":\(top),"heatmap":true}}
        """
    }

    private func plan(_ text: String) throws -> SweepPlan {
        try SweepPlan(Sweep.parse(Array(text.utf8), external: [Self.mine]), dataRoot: fixture.folder.path)
    }

    /// What a host of `mine` answers: the positions that `sma_crossover` holds over the bars it is asked for.
    private func decide(_ question: QuestionFrame) throws -> [UInt8] {
        let request = try JSONValue.parse(question.request)
        #expect(request["request_id"] == .string(question.id) && request["type"] == .string("backtest"))
        #expect(request["strategy"]?["name"] == .string("mine") && request["strategy"]?["version"] == .integer(4))
        let given = try #require(request["strategy"]?["parameters"]?.members)
        #expect(given.map(\.name) == ["fast", "slow", "mode"])
        let slow = try #require(request["strategy"]?["parameters"]?["slow"]?.integer)
        var members = try #require(request.members).filter { !["strategy", "type"].contains($0.name) }
        let parameters = JSONValue.object(given.filter { $0.name != "mode" })
        members.append(
            JSONMember(
                "strategy",
                .object([JSONMember("name", .string("sma_crossover")), JSONMember("parameters", parameters)])))
        members.append(JSONMember("output", .object([JSONMember("trades", .bool(true))])))
        let run = try JSONValue.parse(fixture.host.run(Array(JSONValue.object(members).text.utf8)))
        #expect(run["data"]?["version"] == request["data"]?["version"])
        guard let bars = run["data"]?["bars"]?.integer, let trades = run["trades"]?.elements else {
            return Array(
                #"{"request_id":"\#(question.id)","status":"failed","error":{"code":"own","message":"no trades"}}"#.utf8
            )
        }
        let earlier = run["data"]?["warmup_bars"]?.integer ?? 0
        var positions = [JSONValue](repeating: .integer(0), count: earlier + bars)
        for bar in 0..<slow { positions[bar] = .null }
        func hold(_ trade: JSONValue, until exit: Int) throws {
            let side = try #require(trade["size"]?.double) > 0 ? 1 : -1
            let entry = try #require(trade["entry_bar"]?.integer)
            for bar in entry - 1..<exit { positions[earlier + bar] = .integer(side) }
        }
        for trade in trades { try hold(trade, until: #require(trade["exit_bar"]?.integer) - 1) }
        if let open = run["open_position"], open != .null { try hold(open, until: bars) }
        return Array(
            #"{"request_id":"\#(question.id)","status":"completed","positions":\#(JSONValue.array(positions).text)}"#
                .utf8)
    }

    private func reply(
        _ plan: SweepPlan, _ step: Int, _ answer: @escaping (QuestionFrame) throws -> [UInt8]?
    ) throws -> HostReply {
        try reply(to: plan.request(step: step), answer)
    }

    private func reply(
        to bytes: [UInt8], _ answer: @escaping (QuestionFrame) throws -> [UInt8]?
    ) throws -> HostReply {
        let request = try StrategyRequest.parse(bytes)
        let frame = StepFrame.payload(of: request, token: 9, descriptor: Self.mine)
        func ask(_ question: [UInt8]) -> [UInt8]? { QuestionFrame(question).flatMap { try? answer($0) } ?? nil }
        let payload = fixture.host.answer(frame, ask: ask) { 0 }
        return try HostReply.parse(payload, ofStep: 9, request)
    }

    private func members(_ reply: HostReply) throws -> JSONValue {
        #expect(reply.status == .completed, "\(reply.problem?.message ?? "")")
        return try JSONValue.parse(Array("{".utf8) + reply.members + Array("}".utf8))
    }

    @Test(arguments: [
        ("", 4, ""), (#""method":"random","max_evaluations":14,"seed":3,"#, 3, ""), ("", 4, #","warmup_bars":0"#),
        ("", 4, #","warmup_bars":15"#),
    ])
    func aStepIsThatOfTheBuiltInStrategyWithTheSameDecisions(search: String, steps: Int, warmUp: String) throws {
        let own = try plan(Self.text("mine", search: search, warmUp: warmUp))
        let builtIn = try plan(Self.text("sma_crossover", search: search, warmUp: warmUp))
        #expect(own.stepCount == steps && builtIn.stepCount == steps && own.digest != builtIn.digest)
        for step in 0..<own.stepCount {
            let one = try members(try reply(own, step, decide))
            let other = try JSONValue.parse(fixture.host.run(builtIn.request(step: step)))
            for name in [
                "data", "account", "objective", "grid", "search", "out_of_sample", "counts", "dropped_orders", "top",
                "heatmap",
                "luck", "step", "first_failure",
            ] {
                #expect(one[name] == other[name], "step \(step), \(name)")
            }
            #expect(one["strategy"]?["name"] == .string("mine"))
            #expect(one["strategy"]?["parameters"] == .object([JSONMember("mode", .string("crosses"))]))
        }
        let counts = try members(try reply(own, 1, decide))["counts"]
        // What is drawn and breaks a rule is drawn anew.
        #expect(counts?["evaluated"]?.integer ?? 0 > 2 && (counts?["skipped"]?.integer ?? 0 > 0) == search.isEmpty)
    }

    @Test func eachSetIsAskedForByItselfOverTheBarsThatItIsRunOn() throws {
        var asked: [JSONValue] = []
        _ = try reply(try plan(Self.text("mine", top: 1)), 0) { question in
            asked.append(try JSONValue.parse(question.request))
            return try decide(question)
        }
        #expect(Set(asked.compactMap { $0["request_id"]?.string }).count == asked.count)
        #expect(asked.allSatisfy { $0["request_id"]?.string?.hasPrefix("own:0:") == true })
        // Four sets are admitted; the best is run once more for the moments of its returns, and out of sample.
        let starts = asked.map { $0["data"]?["start"]?.string }
        #expect(
            starts == [String?](repeating: "2010-02-01T00:00:00.000Z", count: asked.count - 1) + [
                "2011-07-01T00:00:00.000Z"
            ])
        #expect(asked.dropLast().allSatisfy { $0["data"]?["end"] == .string("2011-06-30T00:00:00.000Z") })
        #expect(asked.allSatisfy { $0["data"]?["version"]?.string?.hasPrefix("sha256:") == true })
        #expect(asked.allSatisfy { $0["account"]?["units"] == .string("fractional") && $0["out_of_sample"] == nil })
    }

    @Test(arguments: [
        (#""status":"failed","error":{"code":"own_words","message":"no luck"}"#, "own_words", "no luck"),
        (
            #""status":"rejected","error":{"code":"invalid_parameters","message":"not these"}"#, "invalid_parameters",
            "not"
        ),
        (
            #""status":"completed","statistics":{"sharpe_ratio":9}"#, "invalid_positions",
            "has to answer positions or signals"
        ),
        (#""status":"completed","positions":[1]"#, "invalid_positions", "positions has 1 elements"),
        (
            #""status":"completed","positions":[],"data_version":"sha256:\#(String(repeating: "0", count: 64))""#,
            "invalid_positions", "the strategy has decided on version sha256:000"
        ),
        (#""status":"completed","positions":7"#, "invalid_positions", "positions is a number"),
    ])
    func aSetThatCannotBeRunIsCountedAndStopsNoOther(answer: String, code: String, words: String) throws {
        var count = 0
        let result = try members(
            try reply(try plan(Self.text("mine")), 2) { question in
                count += 1
                return count == 1 ? Array("{\(answer)}".utf8) : try decide(question)
            })
        #expect(result["counts"]?["failed"] == .integer(1) && result["counts"]?["evaluated"]?.integer ?? 0 > 0)
        #expect(result["first_failure"]?["code"] == .string(code))
        #expect(
            result["first_failure"]?["message"]?.string?.contains(words) == true,
            "\(result["first_failure"]?.text ?? "")")
    }

    /// `optimizer submit` refuses such a sweep; another producer may send it.
    @Test(arguments: [
        ("1990-01-01", 0, ""), ("2010-02-01", 0, ""), ("2010-02-02", 1, ""), ("2010-02-01", 0, #","warmup_bars":15"#),
    ])
    func aStepThatKeepsBackAllBarsButOneAsksForNoSet(start: String, bars: Int, warmUp: String) throws {
        let whole = String(decoding: try plan(Self.text("mine", warmUp: warmUp)).request(step: 2), as: UTF8.self)
        let request = whole.replacing("2011-07-01", with: start)
        #expect(request != whole)
        var asked = 0
        let result = try members(
            try reply(to: Array(request.utf8)) { question in
                asked += 1
                return try decide(question)
            })
        #expect(asked == 0 && result["counts"]?["evaluated"] == .integer(0))
        #expect(result["counts"]?["failed"]?.integer ?? 0 > 0 && result["top"] == .array([]))
        #expect(result["first_failure"]?["code"] == .string("insufficient_data"))
        #expect(
            result["first_failure"]?["message"]
                == .string(
                    "a run needs at least 2 bars, the set has \(bars) to run on"))
    }

    @Test func aNodeThatHasGoneEndsTheStepWithoutASet() throws {
        let result = try members(try reply(try plan(Self.text("mine")), 2) { _ in nil })
        #expect(result["counts"]?["evaluated"] == .integer(0) && result["counts"]?["failed"]?.integer ?? 0 > 0)
    }

    @Test func theStrategysVersionAndItsOwnParametersAreChecked() throws {
        let whole = try JSONValue.parse(try plan(Self.text("mine")).request(step: 0))
        #expect(whole["strategy"]?["version"] == .integer(4))
        #expect(SchemaFile.sweepStep.problems(of: whole) == [])
        for (strategy, change, words) in [
            (#","version":3"#, ("", ""), "this node has version 4 of mine, not version 3"),
            (#","parameters":{"mode":"other"}"#, ("", ""), "mode is \"other\", must be one of"),
            (#","parameters":{"moed":"none"}"#, ("", ""), "did you mean \"mode\"?"),
            ("", (#""max":40"#, #""max":400"#), "slow is 400, must be an integer from 2 to 200"),
            ("", (#"{"name":"fast","min":5,"max":20,"step":5},"#, ""), "fast is missing; mine needs an integer"),
            ("", (#""name":"slow","min""#, #""name":"slwo","min""#), "did you mean \"slow\"?"),
        ] {
            var text = Self.text("mine", strategy)
            if !change.0.isEmpty {
                #expect(text.contains(change.0))
                text = text.replacingOccurrences(of: change.0, with: change.1)
            }
            if words.contains("fast is missing") {
                let rule = #"{"left":"fast","operator":"less","right":"slow"}"#
                text = text.replacingOccurrences(of: rule, with: "")
            }
            let problem = #expect(throws: RequestProblem.self) { try plan(text) }
            #expect(problem?.message.contains(words) == true, "\(problem?.message ?? "accepted")")
        }
        let unknown = #expect(throws: RequestProblem.self) { try Sweep.parse(Array(Self.text("mine").utf8)) }
        #expect(unknown?.code == .unknownStrategy && unknown?.isRetryable == true)
    }

    @Test func stepsAreCutByWhatASetTakes() throws {
        let given = try plan(Self.text("mine"))
        #expect(!given.wantsMeasuring && given.setsPerStep == 5)
        let text = Self.text("mine").replacingOccurrences(of: #""search":{"sets_per_step":5},"#, with: "")
        var plan = try plan(text)
        #expect(plan.wantsMeasuring && plan.setsPerStep == 16)
        let digest = plan.digest
        func sets(_ setMs: Double, _ timeoutMs: Int) -> Int {
            plan.cut(setMs: setMs, timeoutMs: timeoutMs)
            return plan.setsPerStep
        }
        // 100 runs in a second: one for the best, the seven best out of sample.
        #expect(sets(10, 60_000) == 92)
        // A quarter of the time that there is: 25 runs.
        #expect(sets(10, 1000) == 17)
        // Ten runs: all sets again out of sample.
        #expect(sets(100, 60_000) == 4)
        #expect(sets(5000, 60_000) == 1 && sets(0, 60_000) == 4096)
        var hurried = try self.plan(
            text.replacingOccurrences(of: #""out_of"#, with: #""limits":{"timeout_ms":1000},"out_of"#))
        hurried.cut(setMs: 10, timeoutMs: 60_000)
        #expect(hurried.setsPerStep == 17)
        #expect(plan.digest == digest && plan.requestID(ofStep: 0) == "own:\(digest):0")
        #expect(try !self.plan(text.replacingOccurrences(of: "mine", with: "sma_crossover")).wantsMeasuring)
    }
}
