import Messages
import TestSupport
import Testing

@testable import Strategies

/// `deploy/schemas` against what reads requests and sweeps and what writes results: both say the same of each.
@Suite struct SchemaTests {
    /// A member, what it is to be (nil: it is left out), and whether that is right.
    typealias Change = (name: String, value: String?, isRight: Bool)

    private static let common: [Change] = [
        ("strategy", nil, false), ("strategy", #"{"name":"sma_crossover"}"#, true),
        ("strategy", #""sma_crossover""#, false),
        ("strategy", #"{"name":"sma_crossover","version":1,"parameters":{}}"#, true),
        ("strategy", #"{"name":"sma_crossover","version":0}"#, false), ("strategy", #"{"name":""}"#, false),
        ("strategy", #"{"name":"sma_crossover","params":{}}"#, false),
        ("strategy", #"{"name":"sma_crossover","parameters":[]}"#, false),
        ("schema_version", "1", true), ("schema_version", "2", false), ("schema_version", #""1""#, false),
        ("data", nil, false), ("data", "{}", false), ("data", #"{"dataset":"../walk"}"#, false),
        ("data", #"{"dataset":"walk","start":"2010-02-01","end":"2011-01-31T10:00:00Z"}"#, true),
        ("data", #"{"dataset":"walk","start":"1.2.2010"}"#, false),
        ("data", #"{"dataset":"walk","from":"2010-02-01"}"#, false),
        ("data", #"{"dataset":"walk","version":"latest"}"#, false),
        ("data", #"{"dataset":"walk","start":"2010-02-01","warmup_bars":0}"#, true),
        ("data", #"{"dataset":"walk","warmup_bars":1000000}"#, true),
        ("data", #"{"dataset":"walk","warmup_bars":-1}"#, false),
        ("data", #"{"dataset":"walk","warmup_bars":1000001}"#, false),
        ("data", #"{"dataset":"walk","warmup_bars":"20"}"#, false),
        ("data", #"{"dataset":"walk","timeframe":"1 d"}"#, false),
        ("data", #"{"inline":\#(inline)}"#, true), ("data", #"{"dataset":"walk","inline":\#(inline)}"#, false),
        ("data", #"{"inline":{"time":[],"open":[],"high":[],"low":[],"close":[]}}"#, false),
        ("data", #"{"inline":{"time":[86400000],"open":[1],"high":[1],"low":[1]}}"#, false),
        (
            "account",
            #"{"cash":0.01,"commission":0.5,"fixed_commission":0,"spread":0.5,"margin":1,"sizing":"all_equity"}"#, true
        ),
        ("account", #"{"at_end":"close_out"}"#, true), ("account", #"{"at_end":"close"}"#, false),
        ("account", #"{"cash":0}"#, false), ("account", #"{"cash":"1"}"#, false),
        ("account", #"{"commission":0.6}"#, false),
        ("account", #"{"spread":-0.1}"#, false), ("account", #"{"margin":0.5}"#, false),
        ("account", #"{"sizing":"fixed"}"#, false),
        ("account", #"{"fixed_commission":1e10}"#, false), ("account", #"{"stop_loss_pct":5}"#, false),
        ("account", "[]", false),
        ("statistics", #"{"risk_free_rate":0.02,"annual_trading_days":252}"#, true),
        ("statistics", #"{"risk_free_rate":20}"#, false), ("statistics", #"{"annual_trading_days":367}"#, false),
        ("output", #"{"trades":true,"equity_curve":"sampled"}"#, true), ("output", #"{"trades":1}"#, false),
        ("output", #"{"equity_curve":"all"}"#, false), ("output", #"{"curve":"full"}"#, false),
        ("limits", #"{"cpu_percent":50,"memory_mb":64,"timeout_ms":1}"#, true), ("limits", #"{"timeout_ms":0}"#, false),
        ("limits", #"{"timeout":1}"#, false), ("labels", #"{"desk":"fx"}"#, true), ("labels", #"{"desk":1}"#, false),
        ("expires_at", #""2026-01-31T09:30:00Z""#, true), ("expires_at", #""tomorrow""#, false),
    ]

    private static let inline = #"{"time":[86400000],"open":[1],"high":[1],"low":[1],"close":[1],"timeframe":"1d"}"#

    private static func changed(_ text: String, _ change: Change) throws -> JSONValue {
        let members = try #require(JSONValue.parse(Array(text.utf8)).members).filter { $0.name != change.name }
        let value = try change.value.map { try JSONValue.parse(Array($0.utf8)) }
        return .object(members + (value.map { [JSONMember(change.name, $0)] } ?? []))
    }

    private static let request = #"{"request_id":"r","strategy":{"name":"sma_crossover"},"data":{"dataset":"walk"}}"#

    private static let ofRequests: [Change] = [
        ("request_id", nil, false), ("request_id", #""""#, false), ("request_id", "7", false),
        ("request_id", #""a\nb""#, false), ("type", #""backtest""#, true), ("type", #""back""#, false),
        ("locks", #"["account-7"]"#, true), ("locks", #"[7]"#, false),
        ("submitted_at", #""2026-01-31T09:30:00Z""#, true),
        ("submitted_at", "0", false), ("new", "1", true),
        ("strategy", #"{"name":"noop"}"#, true),
    ]

    @Test(arguments: common + ofRequests) func aRequestIsRightForBothOrForNeither(_ change: Change) throws {
        let request = try Self.changed(Self.request, change)
        let problems = SchemaFile.request.problems(of: request)
        #expect(problems.isEmpty == change.isRight, "\(request.text): \(problems)")
        var isTaken = true
        do { try HostedRequestCheck.check(StrategyRequest.parse(Array(request.text.utf8))) } catch { isTaken = false }
        #expect(isTaken == change.isRight, "\(request.text)")
    }

    private static let ofSweeps: [Change] = [
        ("type", nil, false), ("type", #""backtest""#, false), ("optimization_id", #""a.b_c:d-9""#, true),
        ("optimization_id", nil, true), ("optimization_id", #""-a""#, false), ("optimization_id", #""a b""#, false),
        ("strategy", #"{"name":"noop"}"#, false), ("strategy", #"{"name":"mine"}"#, true),
        ("parameters", nil, false), ("parameters", "[]", false), ("parameters", #"{"fast":[1,2]}"#, false),
        ("parameters", #"[{"name":"fast","values":[5,10]},{"name":"stop_loss_pct","min":1,"max":2,"step":0.5}]"#, true),
        ("parameters", #"[{"name":"fast","min":5,"max":10}]"#, true),
        ("parameters", #"[{"name":"fast","min":5}]"#, false),
        ("parameters", #"[{"name":"fast"}]"#, false), ("parameters", #"[{"min":5,"max":10}]"#, false),
        ("parameters", #"[{"name":"fast","values":[]}]"#, false),
        ("parameters", #"[{"name":"fast","min":5,"max":10,"step":0}]"#, false),
        ("parameters", #"[{"name":"fast","start":5,"stop":10}]"#, false),
        ("parameter_constraints", nil, true),
        ("parameter_constraints", #"[{"left":"fast","operator":"less","right":30}]"#, true),
        ("parameter_constraints", #"[{"left":"fast","operator":"<","right":"slow"}]"#, false),
        ("parameter_constraints", #"[{"left":"fast","right":"slow"}]"#, false),
        ("parameter_constraints", #"["fast < slow"]"#, false), ("objective", nil, true), ("objective", "{}", false),
        ("objective", #"{"target":"sharpe"}"#, false), ("objective", #"{"target":"sqn","extremum":"maximum"}"#, false),
        ("objective", #"{"target":"max_drawdown_pct","extremum":"max"}"#, true),
        ("objective", #"{"target":"sqn","target_value":2}"#, false), ("objective", #""sharpe_ratio""#, false),
        ("constraints", #"[{"target":"trade_count","operator":"greater","target_value":"6"}]"#, false),
        ("constraints", #"[{"target":"trade_count","operator":"greater","value":6}]"#, false),
        ("constraints", #"[{"target":"trades","operator":"greater","target_value":6}]"#, false),
        ("search", #"{"sets_per_step":4096}"#, true), ("search", #"{"sets_per_step":0}"#, false),
        ("search", #"{"sets_per_step":4097}"#, false),
        ("search", #"{"method":"random"}"#, false),
        ("search", #"{"method":"random","max_evaluations":9,"seed":7}"#, true),
        ("search", #"{"method":"latin_hypercube","max_evaluations":441}"#, true),
        ("search", #"{"method":"sobol","max_evaluations":9,"seed":-1}"#, false),
        ("search", #"{"method":"bayes","max_evaluations":9}"#, false), ("search", #"{"seed":7}"#, false),
        ("search", #"{"method":"tpe","max_evaluations":99,"per_round":8,"seed":7}"#, true),
        ("search", #"{"method":"tpe","max_evaluations":10001}"#, false),
        ("search", #"{"method":"tpe","max_evaluations":99,"per_round":0}"#, false),
        ("search", #"{"method":"tpe"}"#, false),
        ("search", #"{"method":"sobol","max_evaluations":9,"per_round":8}"#, false),
        ("search", #"{"per_round":8}"#, false),
        ("search", #"{"method":"grid","seed":7}"#, false), ("search", #"{"method":"grid"}"#, true),
        ("search", #"{"max_evaluations":0}"#, false), ("search", nil, true),
        ("out_of_sample", "{}", false), ("out_of_sample", #"{"start":2015}"#, false), ("out_of_sample", nil, true),
        ("data", #"[{"dataset":"walk"},{"dataset":"ties","end":"2012-01-01"}]"#, true), ("data", "[]", false),
        ("data", #"[{"dataset":"walk"},{"datset":"ties"}]"#, false), ("data", #"["walk"]"#, false),
        ("out_of_sample", #"{"fraction":0.3}"#, false), ("output", #"{"top":0}"#, false),
        ("output", #"{"top":201}"#, false),
        ("output", #"{"heatmap":"yes"}"#, false), ("output", #"{"figures":"all"}"#, true),
        ("output", #"{"figures":"best"}"#, true),
        ("output", #"{"figures":true}"#, false),
        ("output", nil, true), ("request_id", #""r""#, true),
        ("walk_forward", "{}", false),
        ("step", #"{"step":0,"of":1,"first":0,"count":1}"#, false), ("locks", "[]", false),
    ]

    private static let mine = StrategyDescriptor(
        name: "mine", summary: "",
        parameters: ["fast", "slow"].map { ParameterSpecification($0, .integer(1...200), default: .integer(9), "") })

    @Test(arguments: common + ofSweeps) func aSweepIsRightForBothOrForNeither(_ change: Change) throws {
        let sweep = try Self.changed(SweepFixture.text, change)
        let problems = SchemaFile.sweep.problems(of: sweep)
        #expect(problems.isEmpty == change.isRight, "\(sweep.text): \(problems)")
        var refusal: RequestProblem?
        do throws(RequestProblem) { _ = try Sweep.parse(Array(sweep.text.utf8), external: [Self.mine]) } catch {
            refusal = error
        }
        #expect((refusal == nil) == change.isRight, "\(sweep.text): \(refusal?.message ?? "")")
    }

    private static let ofWalkForwards: [Change] = [
        ("walk_forward", #"{"in_sample":{"bars":2},"out_of_sample":{"bars":2}}"#, true),
        ("walk_forward", #"{"kind":"anchored","in_sample":{"days":1},"out_of_sample":{"days":1}}"#, true),
        ("walk_forward", #"{"in_sample":{"bars":9},"out_of_sample":{"bars":9},"purge_bars":0,"embargo_bars":7}"#, true),
        ("walk_forward", #"{"in_sample":{"bars":9},"out_of_sample":{"bars":9},"warmup_bars":0}"#, true),
        ("walk_forward", #"{"in_sample":{"bars":1},"out_of_sample":{"bars":2}}"#, false),
        ("walk_forward", #"{"in_sample":{"bars":9},"out_of_sample":{"bars":1}}"#, false),
        ("walk_forward", #"{"in_sample":{"bars":9}}"#, false), ("walk_forward", nil, false),
        ("walk_forward", #"{"in_sample":{"bars":9,"days":9},"out_of_sample":{"bars":9}}"#, false),
        ("walk_forward", #"{"in_sample":{},"out_of_sample":{"bars":9}}"#, false),
        ("walk_forward", #"{"kind":"fixed","in_sample":{"bars":9},"out_of_sample":{"bars":9}}"#, false),
        ("walk_forward", #"{"in_sample":{"bars":9},"out_of_sample":{"bars":9},"purge_bars":-1}"#, false),
        ("walk_forward", #"{"in_sample":{"bars":9},"out_of_sample":{"bars":9},"embargo":1}"#, false),
        ("walk_forward", "[]", false), ("out_of_sample", #"{"start":"2011-01-01"}"#, false),
        ("walk_forward_window", #"{"number":1,"of":1}"#, false), ("optimization_id", nil, true),
        ("optimization_id", #""\#(String(repeating: "a", count: 121))""#, false), ("step", "{}", false),
        ("objective", #"{"target":"sharpe"}"#, false), ("request_id", #""r""#, true),
        ("search", #"{"method":"tpe","max_evaluations":9}"#, false),
        ("search", #"{"method":"sobol","max_evaluations":9}"#, true), ("search", #"{"sets_per_step":9}"#, true),
    ]

    @Test(arguments: ofWalkForwards) func aWalkForwardIsRightForBothOrForNeither(_ change: Change) throws {
        let plain = try Self.changed(SweepFixture.text, ("out_of_sample", nil, true))
        let parts = #"{"in_sample":{"bars":9},"out_of_sample":{"bars":9}}"#
        let document = try Self.changed(
            Self.changed(plain.text, ("walk_forward", parts, true)).text, change)
        let problems = SchemaFile.walkForward.problems(of: document)
        #expect(problems.isEmpty == change.isRight, "\(document.text): \(problems)")
        var refusal: RequestProblem?
        do throws(RequestProblem) { _ = try WalkForward.parse(document) } catch { refusal = error }
        #expect((refusal == nil) == change.isRight, "\(document.text): \(refusal?.message ?? "")")
    }

    @Test func anUnknownMemberOfASweepListsTheKnownOnes() throws {
        let sweep = try Self.changed(SweepFixture.text, ("objectives", "{}", false))
        #expect {
            try Sweep.parse(Array(sweep.text.utf8))
        } throws: { error in
            let message = (error as? RequestProblem)?.message ?? ""
            return message.hasPrefix(
                #"the sweep has an unknown member "objectives", did you mean "objective"?; it takes "#)
                && message.contains("parameter_constraints, objective, constraints, search, out_of_sample, output")
        }
    }

    @Test func itsListsAreThoseOfTheCode() {
        let sweep = SchemaFile.sweep.document["$defs"]
        func names(_ schema: JSONValue?) -> [String] { schema?["enum"]?.elements?.compactMap(\.string) ?? [] }
        #expect(names(sweep?["statistic"]) == Statistic.allCases.map(\.rawValue))
        #expect(names(sweep?["comparison"]) == Comparison.allCases.map(\.rawValue))
        let trading = StrategyRegistry.strategies.compactMap { ($0 as? any TradingStrategy)?.descriptor.name }
        #expect(names(SchemaFile.request.document["$defs"]?["trading_strategy"]) == trading.sorted())
        let bare = StrategyRegistry.strategies.compactMap { ($0 as? any BareStrategy)?.descriptor.name }
        #expect(names(SchemaFile.request.document["$defs"]?["bare_strategy"]) == bare.sorted())
        let figures = SchemaFile.result.document["$defs"]?["figures"]
        #expect(figures?["properties"]?.members?.map(\.name) == Statistic.allCases.map(\.rawValue))
        #expect(figures?["required"]?.elements?.compactMap(\.string) == Statistic.allCases.map(\.rawValue))
    }

    // MARK: What is written

    private func result(of request: String, _ host: HostedStrategies) throws -> JSONValue {
        let reply = try HostReply.parse(host.run(Array(request.utf8)))
        var result = StrategyResult(
            requestID: "r", status: ResultStatus(rawValue: reply.status.rawValue) ?? .failed,
            failure: reply.problem.map {
                StrategyResult.Failure(code: $0.code, message: $0.message, isRetryable: $0.isRetryable)
            },
            origin: RequestOrigin(topic: "t", partition: 0, offset: 0, key: nil), node: "n",
            timing: ResultTiming(queuedMs: 0, stepMs: 0, totalMs: 0))
        result.members = reply.members
        return try JSONValue.parse(result.encoded())
    }

    @Test func whatARunWritesIsAsDescribed() throws {
        let fixture = try SweepFixture()
        let whole = #""data":{"dataset":"walk"},"output":{"trades":true,"equity_curve":"full"}"#
        let bars = #""data":{"inline":\#(Self.inline)}"#
        let cases = [
            ("sma_crossover", whole, "trades"), ("buy_and_hold", whole, "open_position"),
            ("sma_crossover", #""data":{"dataset":"walk"}"#, "account"), ("sma_crossover", bars, "error"),
            ("noop", #""labels":{}"#, "strategy"),
        ]
        for (strategy, more, shown) in cases {
            let request = #"{"request_id":"r","strategy":{"name":"\#(strategy)"},\#(more)}"#
            let result = try result(of: request, fixture.host)
            #expect(SchemaFile.result.problems(of: result) == [], "\(strategy) \(more)")
            #expect(result[shown] != nil && result[shown] != .null, "\(strategy) \(more)")
        }
    }

    @Test func aResultWithAMemberThatIsNotDescribedIsFound() throws {
        let fixture = try SweepFixture()
        let result = try result(of: Self.request, fixture.host)
        let more = try Self.changed(result.text, ("drawdowns", "[]", false))
        #expect(SchemaFile.result.problems(of: more) == ["result.drawdowns is not described"])
        // A strategy that is not built in may say what it likes.
        let foreign = try Self.changed(more.text, ("engine", nil, true))
        #expect(SchemaFile.result.problems(of: foreign) == [])
    }

    @Test func whatASweepWritesIsAsDescribed() throws {
        let fixture = try SweepFixture()
        let plan = try fixture.plan(fixture.sweep(), bars: 12_000)
        var merge = SweepMerge(id: "my-sweep")
        func merged() throws -> JSONValue { try JSONValue.parse(merge.merged()) }
        #expect(try SchemaFile.mergedSweep.problems(of: merged()) == [])
        merge.add(try fixture.failure(plan, 0))
        #expect(try SchemaFile.mergedSweep.problems(of: merged()) == [])
        for step in 0..<plan.stepCount {
            let request = try JSONValue.parse(plan.request(step: step))
            #expect(SchemaFile.sweepStep.problems(of: request) == [])
            let result = try JSONValue.parse(fixture.result(plan, step))
            #expect(SchemaFile.sweepStepResult.problems(of: result) == [])
            if step > 0 { merge.add(result) }
        }
        let all = try merged()
        #expect(SchemaFile.mergedSweep.problems(of: all) == [])
        #expect(all["steps"]?["failed"]?.elements?.count == 1 && all["top"]?.elements?.count == 7)
        let run = try JSONValue.parse(plan.backtest(ofSet: 0, isOutOfSample: true))
        #expect(SchemaFile.request.problems(of: run) == [])
    }

    @Test func aSweepWithoutHeatmapAndOutOfSamplePartIsAsDescribed() throws {
        let fixture = try SweepFixture()
        let plain = fixture.sweep
        let plan = try fixture.plan(
            plain((#","out_of_sample":{"start":"2011-07-01"}"#, ""), (#","heatmap":true"#, "")), bars: 1000)
        let result = try JSONValue.parse(fixture.result(plan, 0))
        #expect(SchemaFile.sweepStepResult.problems(of: result) == [])
        let merged = try JSONValue.parse(fixture.merge([Array(result.text.utf8)]))
        #expect(SchemaFile.mergedSweep.problems(of: merged) == [])
        #expect(merged["heatmap"] == .null && merged["out_of_sample"] == .null)
    }
}
