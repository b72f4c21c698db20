import Testing

@testable import Strategies

@Suite struct StatisticsTests {
    /// Three trades at 100: +10 %, -5 %, +2 % by units of 99, 108, 103.
    private func threeTrades() -> Scenario.Outcome {
        Scenario(flat: [100, 100, 100, 110, 100, 95, 100, 102, 102, 102]).run(
            [1: .buy, 2: .close, 3: .buy, 4: .close, 5: .buy, 6: .close])
    }

    @Test func theProfitFactorOfRatesAndThatOfMoneyDiffer() {
        let outcome = threeTrades()
        #expect(outcome.trades.map(\.rate).map { ($0 * 1e9).rounded() / 1e9 } == [0.1, -0.05, 0.02])
        #expect(isClose(outcome.statistics.trades.profitFactor, 0.12 / 0.05))
        let profits = outcome.trades.map(\.profit)
        #expect(isClose(outcome.statistics.trades.profitFactorPnl, (profits[0] + profits[2]) / -profits[1]))
        #expect(outcome.statistics.trades.profitFactor != outcome.statistics.trades.profitFactorPnl)
    }

    @Test func theTradesFiguresAreThoseOfTheTrades() {
        let outcome = threeTrades()
        let trades = outcome.statistics.trades
        #expect(trades.count == 3)
        #expect(isClose(trades.winRatePct, 200.0 / 3))
        #expect(isClose(trades.bestPct, 10))
        #expect(isClose(trades.worstPct, -5))
        #expect(isClose(trades.expectancyPct, 7.0 / 3))
        #expect(trades.longestDays == 1)
        // Bars 2–3, 4–5 and 6–7 of ten.
        #expect(isClose(outcome.statistics.exposureTimePct, 60))
    }

    @Test func withoutATradeTheTradesFiguresAreUndefined() {
        let statistics = Scenario(flat: [100, 100, 100]).run([:]).statistics
        #expect(statistics.trades.count == 0)
        #expect(statistics.trades.winRatePct.isNaN)
        #expect(statistics.trades.profitFactor.isNaN)
        #expect(statistics.commissions == 0)
        #expect(statistics.sharpeRatio.isNaN)
        #expect(statistics.volatilityAnnPct == 0)
        #expect(statistics.beta.isNaN)
        #expect(statistics.drawdowns.deepestPct == 0)
        #expect(statistics.drawdowns.averagePct.isNaN)
    }

    @Test func aVolatilityBeyondDoublesIsUndefined() {
        // 4.6 times as much every bar: over a year both powers of the formula are infinite.
        let statistics = Scenario(flat: [1, 1, 1, 10, 100, 1000, 10_000]).run([1: .buy]).statistics
        #expect(statistics.returnPct > 900_000)
        #expect(statistics.volatilityAnnPct.isNaN)
        #expect(statistics.sharpeRatio.isNaN)
    }

    @Test func withoutALossTheProfitFactorsAreUndefined() {
        let trades = Scenario(flat: [100, 100, 100, 110, 110]).run([1: .buy, 2: .close]).statistics.trades
        #expect(trades.profitFactor.isNaN)
        #expect(trades.profitFactorPnl.isNaN)
        #expect(trades.kellyCriterion.isNaN)
        #expect(trades.sqn.isNaN)
        #expect(trades.winRatePct == 100)
    }

    @Test func bothSharpeRatiosFollowTheirFormulas() throws {
        var scenario = Scenario(flat: [100, 100, 100, 103, 101, 104, 102])
        scenario.settings = StatisticsSettings(riskFreeRate: 0.02, annualTradingDays: 252)
        let outcome = scenario.run([1: .buy])
        let returns = zip(outcome.equity, outcome.equity.dropFirst()).map { $1 / $0 - 1 }
        let mean = returns.reduce(0, +) / 6
        let variance = returns.reduce(0) { $0 + ($1 - mean) * ($1 - mean) } / 5
        let expected = (mean - 0.02 / 252) / variance.squareRoot() * 252.0.squareRoot()
        #expect(isClose(outcome.statistics.sharpeRatioSimple, expected))
        let annual = outcome.statistics.returnAnnPct / 100
        #expect(isClose(outcome.statistics.sharpeRatio, (annual - 0.02) / (outcome.statistics.volatilityAnnPct / 100)))
        #expect(isClose(outcome.statistics.calmarRatio, annual / (-outcome.statistics.drawdowns.deepestPct / 100)))
    }

    @Test func drawdownEpisodesRunFromPeakToPeak() {
        let equity: [Double] = [100, 90, 95, 100, 120, 108, 120, 119]
        let day = BarTime.millisecondsPerDay
        var values = equity
        let times = equity.indices.map { Int64($0) * day }
        let drawdowns = values.withUnsafeMutableBufferPointer { equity in
            times.withUnsafeBufferPointer { Drawdowns(equity: equity, time: $0, roundingDaysUpTo: 1) }
        }
        // 100 → 100 over three days, 120 → 120 over two; the last bar alone is no episode.
        #expect(isClose(drawdowns.deepestPct, -10))
        #expect(isClose(drawdowns.averagePct, -10))
        #expect(drawdowns.longestDays == 3)
        #expect(drawdowns.averageDays == 3)
    }

    @Test(arguments: [
        (1.0, 5, 252), (1, 7, 365), (7, 7, 52), (30, 7, 12), (91, 7, 4), (365, 7, 1), (1.0 / 24, 7, 365),
    ]) func theYearFollowsTheRhythmOfTheBars(interval: Double, daysOfWeek: Int, expected: Int) {
        var times: [Int64] = []
        var time: Int64 = 1_578_268_800_000
        while times.count < 400 {
            let weekday = (time / BarTime.millisecondsPerDay + 3) % 7
            if interval > 1 || weekday < daysOfWeek { times.append(time) }
            time += Int64(interval * 86_400_000)
        }
        #expect(times.withUnsafeBufferPointer { Calendar(time: $0) }.annualTradingDays == expected)
    }

    @Test func returnsOfShortBarsAreTakenFromDayToDay() {
        // Four bars a day over three days; only the day's last bar counts: 10,000 → 10,990 → 9,901.
        let prices: [Double] = [100, 100, 100, 100, 105, 120, 90, 110, 100, 130, 100, 99]
        let scenario = Scenario(flat: prices, every: BarTime.millisecondsPerDay / 4)
        let outcome = scenario.run([1: .buy])
        let equity = [10_000.0, 10_990, 9_901]
        let returns = [equity[1] / equity[0] - 1, equity[2] / equity[1] - 1]
        let mean = (returns[0] + returns[1]) / 2
        let variance = (returns[0] - mean) * (returns[0] - mean) + (returns[1] - mean) * (returns[1] - mean)
        #expect(outcome.equity[11] == 9_901)
        let tradingDays = Double(252)
        #expect(isClose(outcome.statistics.sharpeRatioSimple, mean / variance.squareRoot() * tradingDays.squareRoot()))
    }

    private static let distances: [(minutes: [Int64], unit: Double)] = [
        ([31, 29, 31, 30, 31, 30, 31].map { $0 * 1440 }, 1440), ([10_080, 10_080, 10_080], 1440),
        ([1440, 1440, 4320, 1440], 1440), ([43_200, 44_640], 60), ([60, 60, 1020], 60), ([240, 240, 240], 60),
        ([15, 15, 15], 1), ([90, 90], 1), ([], 1440),
    ]

    @Test(arguments: distances) func theUnitOfDurationsIsThatOfTheBarsDistance(minutes: [Int64], unit: Double) {
        var times: [Int64] = [1_577_836_800_000]
        for distance in minutes { times.append(times[times.count - 1] + distance * 60_000) }
        let calendar = times.withUnsafeBufferPointer { Calendar(time: $0) }
        #expect(isClose(calendar.unitDays * 1440, unit))
    }

    @Test func aMeanDurationOfMonthsIsWholeDays() {
        var table = Scenario(flat: [100, 100, 101, 102, 101, 100, 101, 102, 103, 104]).table
        // Months of 2020, the first trade from March to May, the second from June to October.
        let lengths: [Int64] = [0, 31, 29, 31, 30, 31, 30, 31, 31, 30]
        var day: Int64 = 18_262
        for (bar, length) in lengths.enumerated() {
            day += length
            table.time[bar] = day * BarTime.millisecondsPerDay
        }
        let statistics = Scenario(table).run([1: .buy, 3: .close, 4: .buy, 8: .close]).statistics
        #expect(statistics.trades.count == 2)
        // 61 and 122 days are 91.5 on average, and 93 would be whole bars.
        #expect(statistics.trades.averageDays == 92)
    }

    @Test func aMeanDurationIsRoundedUpToWholeUnits() {
        #expect(roundedUp(2.0000000000001, toMultipleOf: 1) == 2)
        #expect(roundedUp(2.1, toMultipleOf: 1) == 3)
        #expect(roundedUp(8, toMultipleOf: 7) == 14)
        #expect(isClose(roundedUp(0.3, toMultipleOf: 0.25), 0.5))
    }

    @Test func everyStatisticHasItsOwnValue() {
        // A subscript that returned a neighbour's figure would make two of these equal.
        let statistics = threeTrades().statistics
        let defined = Statistic.allCases.filter { statistics[$0].isFinite }
        #expect(defined.count >= 30)
        #expect(statistics[.profitFactor] == statistics.trades.profitFactor)
        #expect(statistics[.sharpeRatioSimple] == statistics.sharpeRatioSimple)
        #expect(Set(Statistic.allCases.map(\.rawValue)).count == 32)
    }
}
