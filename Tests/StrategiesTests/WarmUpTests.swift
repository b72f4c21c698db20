import Messages
import TestSupport
import Testing

@testable import Strategies

/// `data.warmup_bars`: bars that are looked at and not traded.
@Suite struct WarmUpTests {
    private let folder: TemporaryFolder
    private let host: HostedStrategies

    init() throws {
        folder = try TemporaryFolder()
        for name in ["synth_walk", "synth_ties"] {
            _ = try Fixture.publish(Fixture.table(name, first: 400), as: name, under: folder.path)
        }
        host = HostedStrategies(dataRoot: folder.path, engineVersion: "1.2.3")
    }

    private func run(_ name: String, _ parameters: String, _ data: String, _ members: String = "") throws -> JSONValue {
        let text =
            #"{"request_id":"r","strategy":{"name":"\#(name)","parameters":{\#(parameters)}},"data":{\#(data)},"#
            + #""output":{"trades":true,"equity_curve":"full"}\#(members)}"#
        return try JSONValue.parse(host.run(Array(text.utf8)))
    }

    /// Bars of one price each, a day apart from 1970-01-02 on.
    private static func inline(_ prices: [Int]) -> String {
        let list = prices.map(String.init).joined(separator: ",")
        let times = prices.indices.map { String(86_400_000 * ($0 + 1)) }.joined(separator: ",")
        return #""inline":{"time":[\#(times)],"open":[\#(list)],"high":[\#(list)],"low":[\#(list)],"close":[\#(list)]}"#
    }

    private func equity(_ run: JSONValue) throws -> [Double] {
        try #require(run["equity_curve"]?["equity"]?.elements).map { try #require($0.double) }
    }

    private static let free = #","account":{"commission":0,"units":"fractional"}"#

    @Test func theFirstDecisionThatCountsIsMadeAtTheFirstTradedBar() throws {
        let data = Self.inline([10, 10, 10, 20, 40, 50])
        let target = #""target":[1,1,1,1,1,1]"#
        let run = try run("signals", target, #"\#(data),"start":"1970-01-05","warmup_bars":3"#, Self.free)
        // Bar 3 of all is the first that is traded; what is decided at its close is filled at 40.
        #expect(run["data"]?["bars"] == .integer(3) && run["data"]?["warmup_bars"] == .integer(3))
        #expect(run["data"]?["start"] == .string("1970-01-05"))
        #expect(run["open_position"]?["entry_bar"] == .integer(1))
        #expect(run["open_position"]?["entry_price"]?.double == 40)
        let curve = try equity(run)
        #expect(curve.prefix(2) == [10_000, 10_000] && isClose(curve[2], 12_500))
        #expect(run["statistics"]?["duration_days"]?.double == 2)
        #expect(run["statistics"]?["buy_hold_return_pct"]?.double == 150)
    }

    /// Averages of 1 and 2 bars: their difference is half of what the price has moved by.
    @Test(arguments: [
        // Down, down, then up at the first traded bar, which is the cross.
        ([30, 20, 10, 20, 30, 30], 1),
        // The cross was at the bar before: nothing is caught up with.
        ([30, 20, 30, 40, 50, 50], nil),
        // Nothing moves at the bar before; what it was before that decides.
        ([30, 20, 20, 30, 40, 40], 1),
    ]) func aCrossIsEnteredOnlyWhereItComes(_ prices: [Int], _ entry: Int?) throws {
        let data = #"\#(Self.inline(prices)),"start":"1970-01-05","warmup_bars":3"#
        let run = try run("sma_crossover", #""fast":1,"slow":2"#, data, Self.free)
        #expect(run["open_position"]?["entry_bar"]?.integer == entry, "\(run.text)")
        #expect(run["trades"]?.elements?.isEmpty == true)
    }

    /// A rule that is forced to stay out before a bar.
    private struct Muted<Inner: Rule>: Rule {
        var inner: Inner
        let first: Int

        mutating func decide(at bar: Int, position: Double) -> Decision {
            let decision = inner.decide(at: bar, position: position)
            return bar < first ? .nothing : decision
        }
    }

    @Test(arguments: [("synth_walk", 3, 7), ("synth_ties", 3, 7), ("synth_ties", 10, 20), ("synth_walk", 20, 60)])
    func aRunIsThatOverTheLongRangeWhoseRuleStaysOutBefore(_ dataset: String, _ fast: Int, _ slow: Int) throws {
        let data = MarketData(try Fixture.table(dataset, first: 400))
        let (parameters, workspace) = (#""fast":\#(fast),"slow":\#(slow)"#, Workspace())
        for (first, earlier) in [(100, 100), (100, 61), (100, 30), (100, 5), (12, 400), (399, 50), (0, 9)] {
            let start = BarTime.text(unsafe data.bars.time[first])
            let run = try run(
                "sma_crossover", parameters, #""dataset":"\#(dataset)","start":"\#(start)","warmup_bars":\#(earlier)"#)
            let seen = min(first, earlier)
            guard 400 - first + seen > slow else {
                #expect(run["error"]?["code"] == .string("insufficient_data"), "\(run.text)")
                continue
            }
            try data.withBars(first - seen..<400) { bars in
                let indicators = IndicatorSet(bars: bars, pool: ColumnPool())
                let given = Parameters(SMACrossover().descriptor, given: [])
                let rule = unsafe CrossoverRule(
                    indicators[.simpleAverage(fast)], indicators[.simpleAverage(slow)], given, warmUp: slow - 1)
                var long = Simulation(bars: bars, account: Account(), workspace: workspace)
                long.run(Muted(inner: rule, first: seen), warmUp: slow - 1)
                #expect(try equity(run) == Array(workspace.equity[seen...]), "\(first) after \(earlier)")
                let trades = try #require(run["trades"]?.elements)
                #expect(trades.map { $0["entry_bar"]?.integer } == workspace.trades.map { $0.entryBar - seen })
                #expect(trades.map { $0["exit_bar"]?.integer } == workspace.trades.map { $0.exitBar - seen })
                #expect(first == 399 || slow > 20 || trades.count > 2)
            }
            #expect(run["data"]?["warmup_bars"] == .integer(seen) && run["data"]?["bars"] == .integer(400 - first))
        }
    }

    /// backtesting.py 0.6.6 over the first 900 bars, with a strategy whose `next` returns at once before bar 500.
    @Test func equalsTheReferenceThatIsKeptOutBefore() throws {
        _ = try Fixture.publish(Fixture.table("synth_walk"), as: "whole", under: folder.path)
        let data = #""dataset":"whole","start":"2011-12-05","end":"2013-06-14","warmup_bars":500"#
        let run = try run("sma_crossover", #""fast":10,"slow":30,"cross":"strict""#, data)
        let trades = try #require(run["trades"]?.elements)
        #expect(trades.count == 11)
        #expect(trades.prefix(6).map { $0["entry_bar"]?.integer } == [43, 59, 98, 148, 158, 208])
        #expect(trades.prefix(6).map { $0["exit_bar"]?.integer } == [59, 98, 148, 158, 208, 225])
        #expect(trades.prefix(6).map { $0["size"]?.integer } == [176, -175, 165, -164, 157, -156])
        #expect(isClose(try #require(run["statistics"]?["return_pct"]?.double), 3.163482400000012))
    }

    @Test func aRunWithoutWarmUpSaysNothingOfIt() throws {
        let without = try run("buy_and_hold", "", #""dataset":"synth_walk","start":"2010-02-01""#)
        #expect(without["status"] == .string("completed") && without["data"]?["warmup_bars"] == nil)
        let none = try run("buy_and_hold", "", #""dataset":"synth_walk","start":"2010-02-01","warmup_bars":0"#)
        #expect(none["data"]?["warmup_bars"] == .integer(0) && none["statistics"] == without["statistics"])
        let early = try run("buy_and_hold", "", #""dataset":"synth_walk","warmup_bars":10"#)
        #expect(early["data"]?["warmup_bars"] == .integer(0))
    }

    @Test func oneTradedBarIsEnoughBehindAWarmUp() throws {
        let data = Self.inline([10, 10, 10])
        let run = try run("buy_and_hold", "", #"\#(data),"start":"1970-01-04","warmup_bars":2"#)
        #expect(run["statistics"]?["return_pct"]?.double == 0 && run["statistics"]?["trade_count"] == .integer(0))
        let alone = try self.run("buy_and_hold", "", #"\#(data),"start":"1970-01-04""#)
        #expect(alone["error"]?["code"] == .string("insufficient_data"))
    }

    @Test(arguments: ["-1", "1.5", "\"10\"", "1000001", "[]"]) func anotherCountIsRefused(_ count: String) throws {
        let run = try run("buy_and_hold", "", #""dataset":"synth_walk","warmup_bars":\#(count)"#)
        #expect(run["status"] == .string("rejected"))
        #expect(
            run["error"]?["message"]?.string?.hasSuffix("must be an integer from 0 to 1000000") == true, "\(run.text)")
    }

    // MARK: Strategies of one's own

    private func traded(_ answer: String, _ data: String) throws -> HostReply {
        let text = #"{"request_id":"r","strategy":{"name":"mine"},"data":{\#(data)},"output":{"trades":true}}"#
        let request = try StrategyRequest.parse(Array(text.utf8))
        let orders = Array(#"{"request_id":"r","status":"completed",\#(answer)}"#.utf8)
        return try HostReply.parse(
            host.answer(StepFrame.payload(of: request, token: 7, orders: orders)) { 0 }, ofStep: 7, request)
    }

    @Test func positionsAndSignalsAreOfAllBarsAndThoseOfTheWarmUpAreNotTraded() throws {
        let data = #"\#(Self.inline([10, 10, 10, 20, 40, 50])),"start":"1970-01-05","warmup_bars":3"#
        for (answer, entry) in [
            (#""positions":[1,1,1,0,1,1]"#, 2), (#""positions":[null,null,1,1,1,1]"#, 1),
            (#""signals":{"entries":[1,4]},"bars":6"#, 2), (#""bars":6,"signals":{"entries":[2]}"#, nil),
            (#""positions":[1,1,1,0,1,1],"bars":6"#, 2),
        ] {
            let reply = try traded(answer, data)
            #expect(reply.status == .completed, "\(reply.problem?.message ?? "")")
            let members = try JSONValue.parse(Array("{".utf8) + reply.members + Array("}".utf8))
            #expect(members["open_position"]?["entry_bar"]?.integer == entry, "\(answer)")
        }
        let short = try traded(#""positions":[1,1,1]"#, data)
        #expect(
            short.problem?.message.contains(
                "positions has 3 elements and the data 6 bars, 3 of them before data.start (data.warmup_bars); give one"
            ) == true, "\(short.problem?.message ?? "")")
    }

    @Test func signalsThatDoNotSayThatTheyAreOfTheWarmUpTooAreRefused() throws {
        let inline = Self.inline([10, 10, 10, 20, 40, 50])
        for (answer, words) in [
            (#""signals":{"entries":[1]}"#, "bars is missing, and the data has 6 bars, 3 of them before data.start"),
            (#""signals":{"entries":[1]},"bars":3"#, "bars is 3, and the data has 6 bars, 3 of them before data.start"),
            (#""positions":[1,1,1,0,1,1],"bars":5"#, "bars is 5, and the data has 6 bars"),
            (#""signals":{"entries":[1]},"bars":"6""#, #"bars is "6", must be how many bars"#),
        ] {
            let reply = try traded(answer, #"\#(inline),"start":"1970-01-05","warmup_bars":3"#)
            #expect(reply.problem?.code == "invalid_positions")
            #expect(reply.problem?.message.contains(words) == true, "\(reply.problem?.message ?? "")")
        }
        // Where there is none before the first, there is nothing to mistake.
        for data in [#"\#(inline),"start":"1970-01-05""#, #"\#(inline),"warmup_bars":3"#] {
            #expect(try traded(#""signals":{"entries":[1]}"#, data).status == .completed)
        }
    }

    // MARK: Sweeps

    @Test func aStepWhoseSetsHaveNothingButAWarmUpRunsNone() throws {
        let text = """
            {"type":"optimization","strategy":{"name":"sma_crossover"},"data":{"dataset":"synth_walk",
            "start":"2010-06-01","warmup_bars":60},"parameters":[{"name":"fast","min":3,"max":9,"step":3}],
            "out_of_sample":{"start":"2010-07-01"}}
            """
        let plan = try SweepPlan(Sweep.parse(Array(text.utf8)), dataRoot: folder.path)
        let request = String(decoding: plan.request(step: 0), as: UTF8.self).replacing("2010-07-01", with: "2010-06-01")
        let step = try JSONValue.parse(host.run(Array(request.utf8)))
        #expect(step["counts"]?["failed"] == .integer(3) && step["counts"]?["evaluated"] == .integer(0))
        #expect(step["first_failure"]?["code"] == .string("insufficient_data"))
    }

    @Test func theSetsOfASweepAreRunAsSingleRunsWithTheSameWarmUp() throws {
        let data = #""dataset":"synth_walk","start":"2010-03-01","warmup_bars":30"#
        let text = """
            {"type":"optimization","optimization_id":"own","strategy":{"name":"sma_crossover"},"data":{\(data)},
            "parameters":[{"name":"fast","min":3,"max":9,"step":3},{"name":"slow","min":12,"max":28,"step":8}],
            "out_of_sample":{"start":"2011-03-01"}}
            """
        let plan = try SweepPlan(Sweep.parse(Array(text.utf8)), dataRoot: folder.path)
        let step = try JSONValue.parse(host.run(plan.request(step: 0)))
        #expect(step["data"]?["warmup_bars"] == .integer(30) && step["out_of_sample"]?["bars"]?.integer ?? 0 > 50)
        let top = try #require(step["top"]?.elements)
        #expect(top.count == 9)
        for entry in top {
            let parameters = try #require(entry["parameters"]?.text.dropFirst().dropLast())
            let early = try run("sma_crossover", String(parameters), #"\#(data),"end":"2011-02-28""#)
            let late = try run(
                "sma_crossover", String(parameters), #""dataset":"synth_walk","start":"2011-03-01","warmup_bars":30"#)
            for (figures, run) in [(entry["statistics"], early), (entry["out_of_sample"], late)] {
                for member in try #require(figures?.members) {
                    #expect(run["statistics"]?[member.name] == member.value, "\(member.name)")
                }
            }
        }
    }
}
