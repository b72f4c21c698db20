import Glibc

extension Statistics {
    /// The figures of the run that is in the workspace.
    ///
    /// - Parameters:
    ///   - warmUp: the first bar at which the indicators are valid; buy and hold is measured from it.
    ///   - parts: what is worked out; the rest stays undefined.
    ///   - blocks: what the returns are recorded in, where they are among the parts.
    init(
        of simulation: Simulation, warmUp: Int, calendar: Calendar, settings: StatisticsSettings,
        parts: StatisticParts = .all, blocks: ReturnBlocks? = nil
    ) {
        let bars = simulation.bars
        let equity = unsafe simulation.workspace.equity
        let last = bars.count - 1
        guard last >= 0 else { return }
        let days = unsafe Double(bars.time[last] - bars.time[0]) / Calendar.millisecondsPerDay
        durationDays = days
        equityFinal = unsafe equity[last]
        returnPct = unsafe (equity[last] - equity[0]) / equity[0] * 100
        let first = min(warmUp, last)
        buyHoldReturnPct = unsafe (bars.close[last] - bars.close[first]) / bars.close[first] * 100
        cagrPct = unsafe days > 0 ? (pow(equity[last] / equity[0], 365.25 / days) - 1) * 100 : .nan
        let unit = calendar.unitDays
        if parts.contains(.drawdowns) {
            equityPeak = unsafe equity.max() ?? .nan
            drawdowns = unsafe Drawdowns(equity: equity, time: bars.time, roundingDaysUpTo: unit)
        }
        if parts.contains(.trades) {
            trades = unsafe TradeStatistics(simulation.workspace.trades, time: bars.time, roundingDaysUpTo: unit)
        }
        commissions = simulation.workspace.trades.reduce(0) { $0 + $1.commission }
        exposureTimePct = 100 * Double(barsInTrades(simulation.workspace.trades)) / Double(bars.count)
        guard simulation.ruinedAt == nil else {
            // Everything is gone, at any rate of a year; ratios of returns mean nothing any more.
            returnAnnPct = -100
            return
        }
        let tradingDays = Double(settings.annualTradingDays ?? calendar.annualTradingDays)
        if parts.contains(.returns) {
            unsafe setReturns(PeriodReturns(equity, bars.time, calendar, blocks), tradingDays, settings.riskFreeRate)
        }
        if parts.contains(.market) { unsafe setMarket(bars, equity) }
    }

    /// Bars from entry to exit, both included; a bar on which one trade ends and the next begins counts once.
    private func barsInTrades(_ trades: ContiguousArray<Trade>) -> Int {
        var count = 0
        var counted = -1
        for trade in trades {
            count += max(0, trade.exitBar - max(trade.entryBar, counted + 1) + 1)
            counted = trade.exitBar
        }
        return count
    }

    private mutating func setReturns(_ returns: PeriodReturns, _ tradingDays: Double, _ riskFreeRate: Double) {
        guard returns.count > 0 else { return }
        let number = Double(returns.count)
        let mean = returns.sum / number
        let annual = pow(1 + returns.geometricMean, tradingDays) - 1
        returnAnnPct = annual * 100
        let downside = (returns.lossSquares / number).squareRoot() * tradingDays.squareRoot()
        sortinoRatio = ratio(annual - riskFreeRate, downside)
        calmarRatio = ratio(annual, -drawdowns.deepestPct / 100)
        guard returns.count > 1 else { return }
        let variance = returns.variance
        let growth = (1 + returns.geometricMean) * (1 + returns.geometricMean)
        let spread = pow(variance + growth, tradingDays) - pow(growth, tradingDays)
        // Rounding may leave it a hair below 0. Infinity less infinity is undefined and stays so: max would make it 0.
        let volatility = spread < 0 ? 0 : spread.squareRoot()
        volatilityAnnPct = volatility * 100
        sharpeRatio = ratio(annual - riskFreeRate, volatility)
        let excess = mean - riskFreeRate / tradingDays
        sharpeRatioSimple = ratio(excess, variance.squareRoot()) * tradingDays.squareRoot()
    }

    /// Against the instrument itself: beta is the regression of logarithmic returns, bar by bar.
    private mutating func setMarket(_ bars: Bars, _ equity: UnsafeMutableBufferPointer<Double>) {
        let number = Double(bars.count - 1)
        guard number > 0 else { return }
        var own = 0.0
        var market = 0.0
        var products = 0.0
        var squares = 0.0
        for bar in 1..<bars.count {
            let marketReturn = unsafe bars.logReturn[bar]
            market += marketReturn
            squares += marketReturn * marketReturn
            // Out of the market the equity stands still, and a logarithm is the dearest part of this loop.
            guard unsafe equity[bar] != equity[bar - 1] else { continue }
            let ownReturn = unsafe log(equity[bar] / equity[bar - 1])
            own += ownReturn
            products += ownReturn * marketReturn
        }
        let variation = squares - market * market / number
        guard variation > squares * 1e-12 else { return }
        beta = (products - own * market / number) / variation
        alphaPct = returnPct - beta * buyHoldReturnPct
    }
}

/// Returns from one period to the next: bars, or days where the bars are shorter than a day.
struct PeriodReturns {
    private(set) var count = 0
    private(set) var sum = 0.0
    private(set) var squares = 0.0
    /// Of the negative ones.
    private(set) var lossSquares = 0.0
    private var growth = 1.0

    /// Of the sample (divided by count - 1); what is rounding noise of equal returns is 0.
    var variance: Double {
        let number = Double(count)
        let deviation = squares - sum * sum / number
        return deviation > squares * 1e-13 ? deviation / (number - 1) : 0
    }

    /// exp(mean(ln(1 + r))) - 1; the logarithms of the ratios add up to that of the last value over the first.
    var geometricMean: Double { exp(log(growth) / Double(count)) - 1 }

    /// - Parameter blocks: what the sums of each block are recorded in.
    init(
        _ equity: UnsafeMutableBufferPointer<Double>, _ time: UnsafeBufferPointer<Int64>, _ calendar: Calendar,
        _ blocks: ReturnBlocks? = nil
    ) {
        var days = Days()
        if let blocks {
            var totals: [Double] = []
            totals.reserveCapacity(blocks.ends.count * 2)
            var start = 0
            for end in blocks.ends {
                unsafe add(start..<end, equity, time, calendar, &days)
                totals.append(sum)
                totals.append(squares)
                start = end
            }
            blocks.record(totals)
        } else {
            unsafe add(0..<equity.count, equity, time, calendar, &days)
        }
        guard !calendar.isIntraday else {
            growth = days.previous / days.first
            return
        }
        count = equity.count - 1
        growth = unsafe equity[equity.count - 1] / equity[0]
    }

    @inline(__always)
    private mutating func add(
        _ bars: Range<Int>, _ equity: UnsafeMutableBufferPointer<Double>, _ time: UnsafeBufferPointer<Int64>,
        _ calendar: Calendar, _ days: inout Days
    ) {
        if calendar.isIntraday {
            unsafe addDays(bars, equity, time, &days)
        } else {
            unsafe addBars(max(bars.lowerBound, 1)..<max(bars.upperBound, 1), equity)
        }
    }

    /// Out of the market the equity stands still: a return of 0 changes no sum, and costs a division.
    @inline(__always)
    private mutating func addBars(_ bars: Range<Int>, _ equity: UnsafeMutableBufferPointer<Double>) {
        for bar in bars where unsafe equity[bar] != equity[bar - 1] {
            unsafe add(equity[bar] / equity[bar - 1] - 1)
        }
    }

    /// The equity at the end of the first day and of the day before.
    private struct Days {
        var first = Double.nan
        var previous = Double.nan
    }

    @inline(__always)
    private mutating func addDays(
        _ bars: Range<Int>, _ equity: UnsafeMutableBufferPointer<Double>, _ time: UnsafeBufferPointer<Int64>,
        _ days: inout Days
    ) {
        for bar in bars where unsafe Self.isLastOfDay(bar, time) {
            if days.previous.isNaN {
                days.first = unsafe equity[bar]
            } else {
                unsafe add(equity[bar] / days.previous - 1)
                count += 1
            }
            days.previous = unsafe equity[bar]
        }
    }

    /// The returns themselves, for what sums do not tell.
    static func values(
        _ equity: UnsafeMutableBufferPointer<Double>, _ time: UnsafeBufferPointer<Int64>, _ calendar: Calendar
    ) -> [Double] {
        let marks = unsafe marks(time, calendar)
        return zip(marks.dropFirst(), marks).map { unsafe equity[$0] / equity[$1] - 1 }
    }

    /// The bars at which the equity of a period is taken; a return goes from one to the next.
    static func marks(_ time: UnsafeBufferPointer<Int64>, _ calendar: Calendar) -> [Int] {
        calendar.isIntraday ? time.indices.filter { unsafe isLastOfDay($0, time) } : Array(time.indices)
    }

    static func isLastOfDay(_ bar: Int, _ time: UnsafeBufferPointer<Int64>) -> Bool {
        guard bar + 1 < time.count else { return true }
        return unsafe day(time[bar]) != day(time[bar + 1])
    }

    /// From 1970 on, in UTC.
    static func day(_ stamp: Int64) -> Int64 {
        let (day, rest) = stamp.quotientAndRemainder(dividingBy: 86_400_000)
        return rest < 0 ? day - 1 : day
    }

    @inline(__always)
    private mutating func add(_ value: Double) {
        sum += value
        squares += value * value
        let loss = min(value, 0)
        lossSquares += loss * loss
    }
}
