import Glibc

/// What the closed trades say. Everything but `count` is undefined without a trade.
struct TradeStatistics: Equatable, Sendable {
    var count = 0
    var winRatePct = Double.nan
    var bestPct = Double.nan
    var worstPct = Double.nan
    /// Geometric mean.
    var averagePct = Double.nan
    var longestDays = Double.nan
    var averageDays = Double.nan
    /// Of the trades' rates: sum of gains over sum of losses. Undefined without a loss.
    var profitFactor = Double.nan
    /// The same of their profits in currency, as most platforms mean it.
    var profitFactorPnl = Double.nan
    /// Arithmetic mean.
    var expectancyPct = Double.nan
    var sqn = Double.nan
    var kellyCriterion = Double.nan

    init() {}

    init(_ trades: ContiguousArray<Trade>, time: UnsafeBufferPointer<Int64>, roundingDaysUpTo unit: Double) {
        count = trades.count
        guard count > 0 else { return }
        let rates = Moments(trades, \.rate)
        let profits = Moments(trades, \.profit)
        let number = Double(count)
        bestPct = rates.largest * 100
        worstPct = rates.smallest * 100
        expectancyPct = rates.sum / number * 100
        averagePct = Self.geometricMean(trades) * 100
        profitFactor = ratio(rates.gains, -rates.losses)
        profitFactorPnl = ratio(profits.gains, -profits.losses)
        let winShare = Double(profits.gainCount) / number
        winRatePct = winShare * 100
        if profits.gainCount > 0, profits.lossCount > 0 {
            let meanGain = profits.gains / Double(profits.gainCount)
            let meanLoss = -profits.losses / Double(profits.lossCount)
            kellyCriterion = winShare - (1 - winShare) / (meanGain / meanLoss)
        }
        sqn = Self.systemQuality(trades, mean: profits.sum / number)
        var durations = 0.0
        var longest = 0.0
        for trade in trades {
            let days = unsafe Double(time[trade.exitBar] - time[trade.entryBar]) / Calendar.millisecondsPerDay
            durations += days
            longest = max(longest, days)
        }
        longestDays = longest
        averageDays = roundedUp(durations / number, toMultipleOf: unit)
    }

    /// 0 where one trade lost everything, as in backtesting.py.
    private static func geometricMean(_ trades: ContiguousArray<Trade>) -> Double {
        var logs = 0.0
        for trade in trades {
            guard trade.rate > -1 else { return 0 }
            logs += log(1 + trade.rate)
        }
        return exp(logs / Double(trades.count)) - 1
    }

    /// Van Tharp's system quality number, with the sample's standard deviation.
    private static func systemQuality(_ trades: ContiguousArray<Trade>, mean: Double) -> Double {
        guard trades.count > 1 else { return .nan }
        var squares = 0.0
        for trade in trades { squares += (trade.profit - mean) * (trade.profit - mean) }
        let deviation = (squares / Double(trades.count - 1)).squareRoot()
        return ratio(Double(trades.count).squareRoot() * mean, deviation)
    }

    private struct Moments {
        var sum = 0.0
        var gains = 0.0
        /// At most 0.
        var losses = 0.0
        var gainCount = 0
        var lossCount = 0
        var largest = -Double.infinity
        var smallest = Double.infinity

        @inline(__always)
        init(_ trades: ContiguousArray<Trade>, _ value: (Trade) -> Double) {
            for trade in trades {
                let value = value(trade)
                sum += value
                largest = max(largest, value)
                smallest = min(smallest, value)
                if value > 0 {
                    gains += value
                    gainCount += 1
                } else if value < 0 {
                    losses += value
                    lossCount += 1
                }
            }
        }
    }
}

/// A quotient that is undefined where the denominator is 0.
func ratio(_ numerator: Double, _ denominator: Double) -> Double {
    denominator == 0 ? .nan : numerator / denominator
}
