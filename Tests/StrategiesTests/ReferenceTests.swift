import Messages
import Testing

@testable import Strategies

/// Every run of the reference files, in both of their end modes: each trade, each statistic, the equity.
@Suite struct ReferenceTests {
    struct Reference: CustomTestStringConvertible, Sendable {
        let dataset: String
        let run: Int
        let mode: String
        var testDescription: String { "\(dataset) run \(run) \(mode)" }
    }

    static let all = ["synth_walk", "synth_ties"].flatMap { dataset in
        (0..<17).flatMap { run in
            ["mark_to_market", "close_out"].map { Reference(dataset: dataset, run: run, mode: $0) }
        }
    }

    private static let runs: [String: [JSONValue]] = {
        var runs: [String: [JSONValue]] = [:]
        for dataset in ["synth_walk", "synth_ties"] {
            runs[dataset] = try? Fixture.json("reference_\(dataset).json")["runs"]?.elements
        }
        return runs
    }()

    @Test func theFilesHoldTheRunsThatAreCompared() throws {
        for dataset in ["synth_walk", "synth_ties"] {
            #expect(Self.runs[dataset]?.count == 17)
        }
    }

    @Test(arguments: all) func equalsTheReference(_ reference: Reference) throws {
        let run = try #require(Self.runs[reference.dataset]?[reference.run])
        let name = try #require(run["strategy"]?.string)
        var given = try #require(run["parameters"]?.members)
        let expected = try #require(run[reference.mode])
        let isCrossing = ["sma_crossover", "macd"].contains(name)
        if isCrossing { given.append(JSONMember("cross", .string("strict"))) }
        let (strategy, parameters) = try StrategyRegistry.resolve(name, version: nil, given)
        let data = try Fixture.data(reference.dataset)
        var account = Account()
        account.atEnd = reference.mode == "close_out" ? .closeOutAtOpen : .markToMarket
        let workspace = Workspace()
        try data.withBars { bars in
            let backtest = try Backtest(
                of: try #require(strategy as? any TradingStrategy), parameters,
                on: IndicatorSet(bars: bars, pool: ColumnPool()), account: account, workspace: workspace)
            try compareTrades(workspace.trades, bars, with: try #require(expected["trades"]?.elements))
            try compareEquity(workspace.equity, with: expected)
            compareOpenPosition(backtest.simulation.openPosition, with: expected)
            let statistics = backtest.statistics(data.calendar, StatisticsSettings())
            try compare(statistics, bars, with: try #require(expected["stats"]?.members))
        }
    }

    /// backtesting.py 0.6.6, FractionalBacktest(fractional_unit=1e-12) over synth_walk with prices times 600, of which
    /// 10,000 buy no whole unit.
    @Test(arguments: [
        ("sma_crossover", #"{"fast":10,"slow":30,"cross":"strict"}"#, 13_422.42340876585, 0.19550988904093392, 61),
        ("buy_and_hold", "{}", 22_683.68892971069, 0.5058592698024758, 0),
    ]) func fractionsOfUnitsEqualTheReference(
        name: String, parameters: String, equity: Double, sharpe: Double, trades: Int
    ) throws {
        var table = try Fixture.table("synth_walk")
        for column in [\BarTable.open, \.high, \.low, \.close] {
            table[keyPath: column] = table[keyPath: column].map { $0 * 600 }
        }
        let (strategy, given) = try StrategyRegistry.resolve(
            name, version: nil, JSONValue.parse(Array(parameters.utf8)).members ?? [])
        let data = MarketData(table)
        var account = Account()
        let workspace = Workspace()
        for units in [Account.Units.whole, .fractional] {
            account.units = units
            try data.withBars { bars in
                let backtest = try Backtest(
                    of: try #require(strategy as? any TradingStrategy), given,
                    on: IndicatorSet(bars: bars, pool: ColumnPool()), account: account, workspace: workspace)
                let statistics = backtest.statistics(data.calendar, StatisticsSettings())
                #expect((backtest.simulation.dropped == nil) == (units == .fractional))
                guard units == .fractional else { return #expect(statistics.equityFinal == 10_000) }
                #expect(isClose(statistics.equityFinal, equity) && isClose(statistics.sharpeRatio, sharpe))
                #expect(statistics.trades.count == trades)
                guard let first = workspace.trades.first else { return }
                #expect(isClose(first.size, 0.166834502175, 1e-11) && isClose(first.profit, -544.4176841875037))
            }
        }
    }

    private func compareTrades(_ trades: ContiguousArray<Trade>, _ bars: Bars, with expected: [JSONValue]) throws {
        try #require(trades.count == expected.count)
        for (trade, reference) in zip(trades, expected) {
            #expect(trade.size == reference["size"]?.double)
            #expect(trade.entryBar == reference["entry_bar"]?.integer)
            #expect(trade.exitBar == reference["exit_bar"]?.integer)
            #expect(trade.entryPrice == reference["entry_price"]?.double)
            #expect(trade.exitPrice == reference["exit_price"]?.double)
            #expect(BarTime.text(bars.time[trade.entryBar]) == reference["entry_time"]?.string)
            #expect(BarTime.text(bars.time[trade.exitBar]) == reference["exit_time"]?.string)
            #expect(isClose(trade.profit, try #require(reference["pnl"]?.double)))
            #expect(isClose(trade.commission, try #require(reference["commission"]?.double)))
            #expect(isClose(trade.rate * 100, try #require(reference["return_pct"]?.double)))
        }
    }

    private func compareEquity(_ equity: UnsafeMutableBufferPointer<Double>, with expected: JSONValue) throws {
        let samples = try #require(expected["equity_every_50_bars"]?.elements)
        try #require(samples.count == (equity.count + 49) / 50)
        for (index, sample) in samples.enumerated() {
            #expect(isClose(equity[index * 50], try #require(sample.double), 1e-11))
        }
        #expect(isClose(equity.reduce(0, +), try #require(expected["equity_sum"]?.double), 1e-11))
        #expect(isClose(equity[equity.count - 1], try #require(expected["equity_last"]?.double), 1e-11))
        if let curve = expected["equity_curve"]?.elements {
            try #require(curve.count == equity.count)
            for (bar, value) in curve.enumerated() where !isClose(equity[bar], value.double ?? .nan, 1e-11) {
                Issue.record("equity at bar \(bar) is \(equity[bar]), the reference says \(value)")
            }
        }
    }

    private func compareOpenPosition(_ position: OpenPosition?, with expected: JSONValue) {
        let reference = expected["open_at_end"]?.elements?.first
        #expect(position?.size == reference?["size"]?.double)
        #expect(position?.entryBar == reference?["entry_bar"]?.integer)
        #expect(position?.entryPrice == reference?["entry_price"]?.double)
    }

    private func compare(_ statistics: Statistics, _ bars: Bars, with expected: [JSONMember]) throws {
        #expect(expected.count == 32)
        for member in expected {
            switch member.name {
            case "start": #expect(BarTime.text(bars.time[0]) == member.value.string)
            case "end": #expect(BarTime.text(bars.time[bars.count - 1]) == member.value.string)
            default:
                let value = statistics[try #require(Statistic(rawValue: member.name), "\(member.name)")]
                if let reference = member.value.double {
                    #expect(isClose(value, reference), "\(member.name): \(value) and \(reference)")
                } else {
                    #expect(!value.isFinite, "\(member.name) is undefined in the reference")
                }
            }
        }
    }
}
