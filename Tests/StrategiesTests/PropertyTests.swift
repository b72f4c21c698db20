import Messages
import Testing

@testable import Strategies

/// Random strategies over random bars: what must hold for every run there is.
@Suite struct PropertyTests {
    private func randomValue(
        _ specification: ParameterSpecification, _ generator: inout SeededGenerator
    ) -> JSONValue? {
        guard Bool.random(using: &generator) else { return nil }
        switch specification.kind {
        case .integer(let range):
            return .integer(Int.random(in: range.lowerBound...min(range.upperBound, 60), using: &generator))
        case .number(let range):
            return .number(Double.random(in: range.lowerBound...min(range.upperBound, 100), using: &generator))
        case .choice(let words): return .string(words.randomElement(using: &generator) ?? "")
        case .boolean: return .bool(Bool.random(using: &generator))
        case .numbers: return nil
        }
    }

    private func randomAccount(_ generator: inout SeededGenerator) -> Account {
        var account = Account()
        account.cash = [1, 100, 10_000, 1e9].randomElement(using: &generator) ?? 1
        account.commission = [0, 0.002, 0.3].randomElement(using: &generator) ?? 0
        account.fixedCommission = [0, 1, 200].randomElement(using: &generator) ?? 0
        account.spread = [0, 0.001, 0.4].randomElement(using: &generator) ?? 0
        account.units = Bool.random(using: &generator) ? .fractional : .whole
        account.atEnd = Bool.random(using: &generator) ? .closeOut : .markToMarket
        return account
    }

    private func randomSignals(_ bars: Int, _ generator: inout SeededGenerator) -> [JSONMember] {
        [JSONMember("target", .array((0..<bars).map { _ in .integer(Int.random(in: -1...1, using: &generator)) }))]
    }

    @Test(arguments: 0..<40) func everyRunKeepsTheBooks(seed: Int) throws {
        var generator = SeededGenerator(seed: UInt64(seed))
        let workspace = Workspace()
        let pool = ColumnPool()
        for round in 0..<60 {
            let bars = Int.random(in: 1...250, using: &generator)
            let grid = [0.01, 0.25, nil].randomElement(using: &generator) ?? nil
            let data = MarketData(randomTable(seed: generator.next(), bars: bars, grid: grid))
            let strategy = try #require(StrategyRegistry.strategies.randomElement(using: &generator))
            guard let trading = strategy as? any TradingStrategy else { continue }
            let isSignals = strategy.descriptor.name == "signals"
            let given =
                isSignals
                ? randomSignals(bars, &generator)
                : strategy.descriptor.parameters.compactMap { specification in
                    randomValue(specification, &generator).map { JSONMember(specification.name, $0) }
                }
            guard let (_, parameters) = try? StrategyRegistry.resolve(strategy.descriptor.name, version: nil, given)
            else { continue }
            let account = randomAccount(&generator)
            data.withBars { bars in
                let indicators = IndicatorSet(bars: bars, pool: pool)
                do throws(RequestProblem) {
                    let backtest = try Backtest(
                        of: trading, parameters, on: indicators, account: account, workspace: workspace)
                    check(backtest, bars, account, workspace, "seed \(seed) round \(round) \(trading.descriptor.name)")
                    let statistics = backtest.statistics(data.calendar, StatisticsSettings())
                    checkFigures(statistics)
                    checkParts(of: backtest, data.calendar, statistics)
                } catch {
                    #expect(error.code == .insufficientData, "seed \(seed) round \(round): \(error.message)")
                }
            }
        }
    }

    /// What a sweep ranks by is the figure that the set has when all are worked out.
    private func checkParts(of backtest: Backtest, _ calendar: Calendar, _ all: Statistics) {
        for statistic in Statistic.allCases {
            let part = backtest.statistics(calendar, StatisticsSettings(), parts: statistic.parts)[statistic]
            #expect(part.isNaN ? all[statistic].isNaN : part == all[statistic], "\(statistic)")
        }
    }

    private func check(_ backtest: Backtest, _ bars: Bars, _ account: Account, _ workspace: Workspace, _ run: String) {
        let equity = workspace.equity
        let trades = workspace.trades
        #expect(equity.count == bars.count)
        #expect(equity.allSatisfy { $0.isFinite && $0 >= 0 }, "\(run)")
        for bar in 0...backtest.warmUp { #expect(equity[bar] == account.cash) }
        var previousExit = -1
        for trade in trades {
            #expect(trade.entryBar >= max(previousExit, backtest.warmUp + 2), "\(run)")
            #expect(trade.exitBar >= trade.entryBar && trade.exitBar < bars.count, "\(run)")
            #expect(trade.size != 0 && (account.units == .fractional || trade.size == trade.size.rounded()), "\(run)")
            #expect(trade.commission >= 0)
            let isBuy = trade.size > 0
            #expect(trade.entryPrice == account.fill(bars.open[trade.entryBar], isBuy: isBuy), "\(run)")
            previousExit = trade.exitBar
        }
        guard backtest.simulation.ruinedAt == nil else {
            return #expect(equity[bars.count - 1] == 0)
        }
        // What the trades earned, and the open one, is what the account has gained.
        var expected = account.cash + trades.reduce(0) { $0 + $1.profit }
        if let open = backtest.simulation.openPosition {
            #expect(account.atEnd == .markToMarket)
            expected += open.size * (bars.close[bars.count - 1] - open.entryPrice)
            expected -= account.fee(units: abs(open.size), price: open.entryPrice)
        }
        let scale = account.cash + trades.reduce(0) { $0 + abs($1.profit) }
        #expect(abs(equity[bars.count - 1] - expected) <= 1e-9 * scale, "\(run)")
        checkContinuity(backtest, bars, equity, trades, run)
    }

    /// Where nothing is traded the equity moves by the position's part of the price's move, and by nothing else.
    private func checkContinuity(
        _ backtest: Backtest, _ bars: Bars, _ equity: UnsafeMutableBufferPointer<Double>,
        _ trades: ContiguousArray<Trade>, _ run: String
    ) {
        var sizes = [Double](repeating: 0, count: bars.count)
        var isTraded = [Bool](repeating: false, count: bars.count)
        for trade in trades {
            isTraded[trade.entryBar] = true
            isTraded[trade.exitBar] = true
            for bar in trade.entryBar..<trade.exitBar { sizes[bar] = trade.size }
        }
        if let open = backtest.simulation.openPosition {
            isTraded[open.entryBar] = true
            for bar in open.entryBar..<bars.count { sizes[bar] = open.size }
        }
        for bar in 1..<bars.count where !isTraded[bar] {
            let move = sizes[bar] * (bars.close[bar] - bars.close[bar - 1])
            let gap = equity[bar] - equity[bar - 1] - move
            #expect(abs(gap) <= 1e-9 * (equity[bar] + abs(sizes[bar]) * bars.close[bar]), "\(run) bar \(bar)")
        }
    }

    private func checkFigures(_ statistics: Statistics) {
        for statistic in Statistic.allCases { #expect(!statistics[statistic].isInfinite, "\(statistic.rawValue)") }
        #expect(statistics.drawdowns.deepestPct <= 0 && statistics.drawdowns.deepestPct >= -100)
        #expect(statistics.exposureTimePct >= 0 && statistics.exposureTimePct <= 100)
        #expect(statistics.equityPeak >= statistics.equityFinal)
        if statistics.trades.count > 0 {
            #expect((0...100).contains(statistics.trades.winRatePct))
            #expect(statistics.trades.bestPct >= statistics.trades.worstPct)
        }
    }

    @Test func theSameRunGivesTheSameBytes() throws {
        let table = randomTable(seed: 60, bars: 200)
        let inline = JSONValue.object([
            JSONMember("time", .array(table.time.map { .integer(Int($0)) })),
            JSONMember("open", .array(table.open.map { .number($0) })),
            JSONMember("high", .array(table.high.map { .number($0) })),
            JSONMember("low", .array(table.low.map { .number($0) })),
            JSONMember("close", .array(table.close.map { .number($0) })),
        ]).text
        for descriptor in StrategyRegistry.descriptors where descriptor.name != "signals" {
            let request = Array(
                #"{"request_id":"r","strategy":{"name":"\#(descriptor.name)"},"data":{"inline":\#(inline)}}"#.utf8)
            let fresh = HostedStrategies(dataRoot: "/nonexistent", engineVersion: "1").run(request)
            let used = HostedStrategies(dataRoot: "/nonexistent", engineVersion: "1")
            for other in ["macd", "bollinger_breakout"] {
                _ = used.run(
                    Array(#"{"request_id":"r","strategy":{"name":"\#(other)"},"data":{"inline":\#(inline)}}"#.utf8))
            }
            #expect(used.run(request) == fresh)
        }
    }
}
