import Foundation
import Messages
import TestSupport
import Testing

@testable import Strategies

/// The closure a host serves: request bytes in, reply bytes out.
@Suite struct HostedTests {
    private let folder: TemporaryFolder
    private let host: HostedStrategies
    private let version: String

    init() throws {
        folder = try TemporaryFolder()
        version = try Fixture.publish(Fixture.table("synth_walk", first: 400), as: "walk", under: folder.path)
        host = HostedStrategies(dataRoot: folder.path, engineVersion: "1.2.3")
    }

    func reply(_ text: String) throws -> JSONValue {
        let bytes = host.run(Array(text.utf8))
        #expect(throws: Never.self) { try HostReply.parse(bytes) }
        return try JSONValue.parse(bytes)
    }

    /// A request for sma_crossover with more members.
    func crossover(_ members: String, parameters: String = "") throws -> JSONValue {
        try reply(
            #"{"request_id":"r","strategy":{"name":"sma_crossover","parameters":{\#(parameters)}}\#(members)}"#)
    }

    @Test func aRunAnswersWithEverything() throws {
        let reply = try crossover(#","data":{"dataset":"walk"}"#, parameters: #""slow":30,"cross":"strict""#)
        #expect(reply["status"]?.string == "completed")
        #expect(reply["strategy"]?["name"]?.string == "sma_crossover")
        #expect(reply["strategy"]?["parameters"]?["fast"]?.integer == 10)
        #expect(reply["strategy"]?["parameters"]?["slow"]?.integer == 30)
        #expect(reply["data"]?["dataset"]?.string == "walk")
        #expect(reply["data"]?["timeframe"]?.string == "1d")
        #expect(reply["data"]?["version"]?.string == version)
        #expect(reply["data"]?["bars"]?.integer == 400)
        #expect(reply["data"]?["start"]?.string == "2010-01-04")
        #expect(reply["data"]?["end"]?.string == "2011-07-15")
        #expect(reply["account"]?["annual_trading_days"]?.integer == 252)
        #expect(reply["account"]?["risk_free_rate"]?.double == 0)
        #expect(reply["engine"]?["version"]?.string == "1.2.3")
        #expect(reply["trades"] == .null)
        #expect(reply["equity_curve"] == .null)
        let names = try #require(reply["statistics"]?.members).map(\.name)
        #expect(names == ["start", "end"] + Statistic.allCases.map(\.rawValue))
    }

    @Test func theReplyHoldsTheReferencesNumbers() throws {
        let run = try #require(try Fixture.json("reference_synth_walk.json")["runs"]?.elements?[2]["mark_to_market"])
        _ = try Fixture.publish(Fixture.table("synth_walk"), as: "whole", under: folder.path)
        let reply = try crossover(
            #","data":{"dataset":"whole"},"output":{"trades":true,"equity_curve":"full"}"#,
            parameters: #""fast":10,"slow":30,"cross":"strict""#)
        for member in try #require(run["stats"]?.members) {
            let value = reply["statistics"]?[member.name]
            if let expected = member.value.double {
                #expect(isClose(try #require(value?.double), expected), "\(member.name)")
            } else {
                #expect(value == member.value, "\(member.name)")
            }
        }
        let trades = try #require(reply["trades"]?.elements)
        let expected = try #require(run["trades"]?.elements)
        #expect(trades.count == expected.count)
        for (trade, other) in zip(trades, expected) {
            for name in ["size", "entry_bar", "exit_bar", "entry_price", "exit_price", "entry_time", "exit_time"] {
                #expect(trade[name]?.double == other[name]?.double && trade[name]?.string == other[name]?.string)
            }
            #expect(isClose(try #require(trade["return_pct"]?.double), try #require(other["return_pct"]?.double)))
        }
        #expect(reply["open_position"]?["size"]?.integer == run["open_at_end"]?.elements?.first?["size"]?.integer)
        #expect(reply["equity_curve"]?["equity"]?.elements?.count == 2000)
        #expect(
            isClose(
                try #require(reply["equity_curve"]?["equity"]?.elements?.last?.double),
                try #require(run["equity_last"]?.double)))
    }

    @Test func aRangeIncludesBothEnds() throws {
        let reply = try crossover(#","data":{"dataset":"walk","start":"2010-03-01","end":"2011-03-01"}"#)
        #expect(reply["data"]?["start"]?.string == "2010-03-01")
        #expect(reply["data"]?["end"]?.string == "2011-03-01")
        let alone = try crossover(
            #","data":{"dataset":"walk","start":"2010-03-01T00:00:00Z","end":"2011-03-01T12:00:00Z"}"#)
        #expect(alone["statistics"] == reply["statistics"])
    }

    @Test func aRangeEqualsTheSameBarsAlone() throws {
        let table = Fixture.slice(try Fixture.table("synth_walk"), 100..<350)
        _ = try Fixture.publish(table, as: "part", under: folder.path)
        let (start, end) = (BarTime.text(table.time[0]), BarTime.text(table.time[249]))
        for strategy in StrategyRegistry.descriptors.map(\.name)
        where !["noop", "sleep", "burn", "signals"].contains(strategy) {
            let range = try reply(
                #"{"request_id":"r","strategy":{"name":"\#(strategy)"},"data":{"dataset":"walk","start":"\#(start)","end":"\#(end)"}}"#
            )
            let alone = try reply(#"{"request_id":"r","strategy":{"name":"\#(strategy)"},"data":{"dataset":"part"}}"#)
            #expect(range["statistics"] != nil && range["statistics"] == alone["statistics"], "\(strategy)")
        }
    }

    @Test func inlineBarsRunLikeStoredOnes() throws {
        let table = try Fixture.table("synth_walk")
        func list(_ values: [some CustomStringConvertible]) -> String {
            "[" + values.prefix(300).map(\.description).joined(separator: ",") + "]"
        }
        let inline = """
            {"timeframe":"1d","time":\(list(table.time)),"open":\(list(table.open)),"high":\(list(table.high)),\
            "low":\(list(table.low)),"close":\(list(table.close)),"volume":\(list(table.volume))}
            """
        let here = try crossover(#","data":{"inline":\#(inline)}"#)
        let stored = try crossover(#","data":{"dataset":"walk","end":"\#(BarTime.text(table.time[299]))"}"#)
        #expect(here["statistics"] != nil)
        #expect(here["statistics"] == stored["statistics"])
        #expect(here["data"]?["version"] == .null)
    }

    @Test func theSampledCurveHasFirstAndLast() throws {
        _ = try Fixture.publish(Fixture.table("synth_walk", first: 700), as: "long", under: folder.path)
        let full = try crossover(#","data":{"dataset":"long"},"output":{"equity_curve":"full"}"#)
        let sampled = try crossover(#","data":{"dataset":"long"},"output":{"equity_curve":"sampled"}"#)
        let points = try #require(sampled["equity_curve"]?["equity"]?.elements)
        #expect(points.count == 500)
        #expect(points.first == full["equity_curve"]?["equity"]?.elements?.first)
        #expect(points.last == full["equity_curve"]?["equity"]?.elements?.last)
        #expect(sampled["equity_curve"]?["time"]?.elements?.count == 500)
    }

    @Test func theAccountsSettingsReachTheRun() throws {
        let plain = try crossover(#","data":{"dataset":"walk"}"#)
        for change in [
            #""cash":5000"#, #""commission":0"#, #""fixed_commission":5"#, #""spread":0.01"#, #""at_end":"close_out""#,
            #""units":"fractional""#,
        ] {
            let other = try crossover(#","data":{"dataset":"walk"},"account":{\#(change)}"#)
            #expect(other["status"]?.string == "completed")
            #expect(other["statistics"] != plain["statistics"], "\(change)")
        }
        for change in [#""stop_loss_pct":3"#, #""take_profit_pct":3"#, #""position_fraction":0.5"#] {
            let other = try crossover(#","data":{"dataset":"walk"}"#, parameters: change)
            #expect(other["statistics"] != nil && other["statistics"] != plain["statistics"], "\(change)")
        }
        // Whole units are written as integers, and parts of one as they are.
        let fractional = try crossover(#","data":{"dataset":"walk"},"account":{"units":"fractional"}"#)
        #expect(fractional["account"]?["units"]?.string == "fractional")
        #expect(plain["account"]?["units"]?.string == "whole")
        let size = try #require(fractional["open_position"]?["size"]?.double)
        #expect(size != size.rounded() && fractional["dropped_orders"] == nil)
        let ended = try crossover(#","data":{"dataset":"walk"},"account":{"at_end":"close_out"}"#)
        #expect(ended["open_position"] == .null)
        #expect(plain["open_position"]?["size"]?.integer != nil)
    }

    @Test func aRunThatCouldNotPaySaysSoAndOneThatCouldSaysNothing() throws {
        func run(_ cash: Int) throws -> JSONValue {
            try reply(
                #"{"request_id":"r","strategy":{"name":"buy_and_hold"},"data":{"dataset":"walk"},"account":{"cash":\#(cash)}}"#
            )
        }
        let poor = try run(1)
        #expect(poor["status"]?.string == "completed" && poor["statistics"]?["trade_count"]?.integer == 0)
        // It orders at every bar from the second on, and that of the last bar is never filled.
        #expect(poor["dropped_orders"]?["count"]?.integer == 398)
        #expect(poor["dropped_orders"]?["first_bar"]?.integer == 2)
        #expect(poor["dropped_orders"]?["first_time"]?.string == "2010-01-06")
        #expect(poor["dropped_orders"]?["reason"]?.string == "budget_below_one_unit")
        #expect((poor["dropped_orders"]?["unit_cost"]?.double ?? 0) > (poor["dropped_orders"]?["budget"]?.double ?? 0))
        #expect(try run(10_000)["dropped_orders"] == nil)
    }

    @Test func theFiguresComeWhateverElseIsTooLarge() throws {
        let bars = 90_000
        var table = BarTable()
        table.time = (0..<bars).map { Int64($0) * 60_000 }
        // Up and down by turns, so that every decision makes a trade.
        table.close = (0..<bars).map { $0 % 2 == 0 ? 100 : 100.01 }
        (table.open, table.high, table.low) = (table.close, table.close, table.close)
        table.volume = [Double](repeating: 0, count: bars)
        _ = try Fixture.publish(table, as: "many", under: folder.path)
        let text =
            #"{"request_id":"r","strategy":{"name":"momentum_roc","parameters":{"period":1}},"data":{"dataset":"many"},"account":{"commission":0,"cash":1e6},"output":{"trades":true,"equity_curve":"full"}}"#
        let found = try reply(text)
        #expect(found["status"]?.string == "completed")
        #expect(found["statistics"]?["trade_count"]?.integer ?? 0 > 30_000)
        #expect(found["trades"] == .null && found["equity_curve"]?["time"]?.elements?.count == 500)
        #expect(found["left_out"] == .array([.string("equity_curve"), .string("trades")]))
    }

    /// Prices at the ends of what a double holds: figures may be undefined, the host answers.
    @Test(arguments: [Double.leastNonzeroMagnitude, 1e-300, 1e-9, 1e15, 1e300, 1.7e308]) func anyValidPriceGetsAReply(
        price: Double
    ) throws {
        for (low, high) in [(price, price), (price / 2 > 0 ? price / 2 : price, price), (1e-300, price)]
        where low <= high {
            let closes = (0..<40).map { $0 % 3 == 0 ? low : high }
            func list(_ values: [Double]) -> String { "[" + values.map { "\($0)" }.joined(separator: ",") + "]" }
            let times = "[" + (0..<40).map { "\($0 * 86_400_000)" }.joined(separator: ",") + "]"
            let flat = list(closes)
            let inline = #"{"time":\#(times),"open":\#(flat),"high":\#(flat),"low":\#(flat),"close":\#(flat)}"#
            for descriptor in StrategyRegistry.descriptors where descriptor.name != "signals" {
                let parameters =
                    descriptor.parameters.contains { $0.name == "stop_loss_pct" } ? #""stop_loss_pct":1"# : #""ms":0"#
                let given = descriptor.parameters.isEmpty ? "" : parameters
                let found = try reply(
                    #"{"request_id":"r","strategy":{"name":"\#(descriptor.name)","parameters":{\#(given)}},"data":{"inline":\#(inline)},"output":{"trades":true}}"#
                )
                #expect(found["status"]?.string == "completed", "\(found["error"]?.text ?? "")")
            }
        }
    }

    @Test func strategiesWithoutDataRun() throws {
        #expect(try reply(#"{"request_id":"r","strategy":{"name":"noop"}}"#)["status"]?.string == "completed")
        let start = ContinuousClock.now
        #expect(
            try reply(#"{"request_id":"r","strategy":{"name":"sleep","parameters":{"ms":30}}}"#)["status"]?.string
                == "completed")
        #expect(ContinuousClock.now - start >= .milliseconds(30))
    }

    @Test func burnUsesProcessorTime() throws {
        func used() -> Double { Double(clock()) / Double(CLOCKS_PER_SEC) }
        let before = used()
        _ = try reply(#"{"request_id":"r","strategy":{"name":"burn","parameters":{"ms":40}}}"#)
        #expect(used() - before >= 0.039)
    }

    @Test func computedSignalsAreTraded() throws {
        func signals(_ parameters: String) throws -> JSONValue {
            try reply(
                #"{"request_id":"r","strategy":{"name":"signals","parameters":{\#(parameters)}},"data":{"dataset":"walk","end":"2010-01-15"},"output":{"trades":true}}"#
            )
        }
        // Ten bars: 2010-01-04 to 2010-01-15.
        let target = try signals(#""target":[0,1,1,0,0,-1,-1,1,1,0]"#)
        let lists = try signals(#""entries":[1,7],"exits":[3],"short_entries":[5]"#)
        #expect(target["statistics"] != nil)
        #expect(target["statistics"] == lists["statistics"])
        let trades = try #require(target["trades"]?.elements)
        #expect(trades.map { $0["entry_bar"]?.integer } == [2, 6])
        #expect(trades.map { $0["exit_bar"]?.integer } == [4, 8])
        #expect(target["open_position"]?["entry_bar"]?.integer == 8)
        #expect(
            try signals(#""target":[1,1]"#)["error"]?["message"]?.string?.contains("2 positions and the data 10 bars")
                == true)
        #expect(
            try signals(#""target":[0,0,0,0,0,0,0,0,0,2]"#)["error"]?["message"]?.string?.contains("target[9]") == true)
        for list in ["exits", "short_exits", "entries", "short_entries"] {
            let both = try signals(#""target":[0,1,1,0,0,-1,-1,1,1,0],"\#(list)":[3]"#)
            #expect(both["error"]?["code"]?.string == "invalid_parameters")
            #expect(
                both["error"]?["message"]?.string?.contains("target says when to go in and out, and \(list)") == true)
        }
        #expect(try signals(#""entries":[10]"#)["error"]?["message"]?.string?.contains("entries[0]") == true)
    }

    @Test func anyBytesGetAReply() throws {
        var generator = SeededGenerator(seed: 40)
        let seeds = [
            #"{"request_id":"r","strategy":{"name":"macd","parameters":{"fast":5,"slow":9}},"data":{"dataset":"walk","start":"2010-06-01"},"account":{"cash":1000,"spread":0.1},"output":{"trades":true,"equity_curve":"sampled"}}"#,
            #"{"type":"optimization","request_id":"s:d:0","optimization_id":"s","strategy":{"name":"rsi_mean_reversion"},"data":{"dataset":"walk","end":"2010-12-31"},"parameters":[{"name":"period","min":2,"max":9,"step":1}],"out_of_sample":{"start":"2010-09-01"},"objective":{"target":"sqn","extremum":"min"},"step":{"step":0,"of":1,"first":0,"count":8},"output":{"top":3,"heatmap":true}}"#,
        ].map { Array($0.utf8) }
        let alphabet = Array(#"0123456789-.e{}[]",:nulltrefas"#.utf8)
        var completed = 0
        for round in 0..<3000 {
            var bytes = seeds[round % 2]
            for _ in 0..<Int.random(in: 0...3, using: &generator) {
                let index = Int.random(in: 0..<bytes.count, using: &generator)
                switch Int.random(in: 0...2, using: &generator) {
                case 0: bytes[index] = alphabet.randomElement(using: &generator) ?? 0
                case 1: bytes.remove(at: index)
                default: bytes.insert(alphabet.randomElement(using: &generator) ?? 0, at: index)
                }
            }
            let reply = try HostReply.parse(host.run(bytes))
            if reply.status == .completed { completed += 1 }
        }
        #expect(completed > 300)
    }
}
