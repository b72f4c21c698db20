/// An indicator of the bars and its settings: what is computed once and shared by all who ask for it.
enum Indicator: Hashable {
    case simpleAverage(Int)
    case exponentialAverage(Int)
    case macdLine(fast: Int, slow: Int)
    case macdSignal(fast: Int, slow: Int, signal: Int)
    /// Wilder's.
    case relativeStrength(Int)
    /// Of the population (divided by n), around the simple average.
    case deviation(Int)
    /// In percent.
    case rateOfChange(Int)
    /// The highest high of the bars before.
    case priorHigh(Int)
    /// The lowest low of the bars before.
    case priorLow(Int)

    /// The first bar with a value. Values before it are 0 and mean nothing.
    var firstValid: Int {
        switch self {
        case .simpleAverage(let period), .exponentialAverage(let period), .deviation(let period): period - 1
        case .macdLine(_, let slow): slow - 1
        case .macdSignal(_, let slow, let signal): slow - 1 + signal - 1
        case .relativeStrength(let period), .rateOfChange(let period), .priorHigh(let period), .priorLow(let period):
            period
        }
    }
}

/// The indicators of one stretch of bars, each computed the first time it is asked for.
///
/// A sweep's step keeps one for all its parameter sets.
final class IndicatorSet {
    let bars: Bars
    /// As the pool gave them: at least one value per bar.
    private var columns: [Indicator: UnsafeMutableBufferPointer<Double>] = [:]
    private let pool: ColumnPool
    /// How many indicators have been computed, those that others are made of included.
    private(set) var computedCount = 0

    init(bars: Bars, pool: ColumnPool) {
        self.bars = bars
        self.pool = pool
    }

    deinit { for column in columns.values { pool.give(back: column) } }

    /// The values, one per bar, in memory that is valid as long as this set lives.
    subscript(_ indicator: Indicator) -> UnsafeBufferPointer<Double> {
        if let column = columns[indicator] { return UnsafeBufferPointer(rebasing: column[..<bars.count]) }
        let column = pool.take(count: bars.count)
        fill(UnsafeMutableBufferPointer(rebasing: column[..<bars.count]), with: indicator)
        columns[indicator] = column
        computedCount += 1
        return UnsafeBufferPointer(rebasing: column[..<bars.count])
    }

    private func fill(_ column: UnsafeMutableBufferPointer<Double>, with indicator: Indicator) {
        let start = min(indicator.firstValid, bars.count)
        column[..<start].update(repeating: 0)
        guard start < bars.count else { return }
        switch indicator {
        case .simpleAverage(let period): fillSimpleAverage(column, bars.sums, period)
        case .exponentialAverage(let period): fillExponentialAverage(column, bars.close, period, from: 0)
        case .macdLine(let fast, let slow):
            let quick = self[.exponentialAverage(fast)]
            let calm = self[.exponentialAverage(slow)]
            for bar in start..<bars.count { column[bar] = quick[bar] - calm[bar] }
        case .macdSignal(let fast, let slow, let signal):
            fillExponentialAverage(column, self[.macdLine(fast: fast, slow: slow)], signal, from: slow - 1)
        case .relativeStrength(let period): fillRelativeStrength(column, bars.close, period)
        case .deviation(let period): fillDeviation(column, bars.close, self[.simpleAverage(period)], period)
        case .rateOfChange(let period):
            for bar in start..<bars.count { column[bar] = 100 * (bars.close[bar] / bars.close[bar - period] - 1) }
        case .priorHigh(let period): fillPriorExtreme(column, bars.high, period) { $0 >= $1 }
        case .priorLow(let period): fillPriorExtreme(column, bars.low, period) { $0 <= $1 }
        }
    }
}

/// Columns that are not in use, so that a run's indicators need no allocation once a host is warm.
final class ColumnPool {
    private var free: [UnsafeMutableBufferPointer<Double>] = []
    /// More columns than a run needs are not kept: a long sweep must not hold its memory for ever.
    private static let kept = 8

    init() {}

    deinit { for column in free { column.deallocate() } }

    /// A column of at least that length; what it holds is left over from before.
    func take(count: Int) -> UnsafeMutableBufferPointer<Double> {
        if let index = free.firstIndex(where: { $0.count >= count }) { return free.remove(at: index) }
        let column = UnsafeMutableBufferPointer<Double>.allocate(capacity: count)
        column.initialize(repeating: 0)
        return column
    }

    func give(back column: UnsafeMutableBufferPointer<Double>) {
        if free.count < Self.kept { free.append(column) } else { column.deallocate() }
    }
}
