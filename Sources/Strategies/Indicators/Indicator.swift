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
///
/// Safety: the columns are this set's from when the pool gave them until `deinit` gives them back. Who asks for one keeps it no
/// longer than the set, and says `unsafe` where it is read.
@safe
final class IndicatorSet {
    /// Every bar that indicators see.
    let bars: Bars
    /// How many of them come before the first that is traded.
    let warmUpBars: Int
    /// As the pool gave them: at least one value per bar.
    private var columns: [Indicator: UnsafeMutableBufferPointer<Double>] = unsafe [:]
    private let pool: ColumnPool
    /// How many indicators have been computed, those that others are made of included.
    private(set) var computedCount = 0

    init(bars: Bars, warmUpBars: Int = 0, pool: ColumnPool) {
        self.bars = bars
        self.warmUpBars = warmUpBars
        self.pool = pool
    }

    /// The bars that are traded and counted.
    var traded: Bars { warmUpBars == 0 ? bars : bars.slice(warmUpBars..<bars.count) }

    deinit {
        let all = unsafe Array(columns.values)
        for index in unsafe all.indices { unsafe pool.give(back: all[index]) }
    }

    /// The values, one per bar, in memory that is valid as long as this set lives.
    subscript(_ indicator: Indicator) -> UnsafeBufferPointer<Double> {
        if let column = unsafe columns[indicator] { return unsafe UnsafeBufferPointer(rebasing: column[..<bars.count]) }
        let column = unsafe pool.take(count: bars.count)
        unsafe fill(UnsafeMutableBufferPointer(rebasing: column[..<bars.count]), with: indicator)
        unsafe columns[indicator] = column
        computedCount += 1
        return unsafe UnsafeBufferPointer(rebasing: column[..<bars.count])
    }

    private func fill(_ column: UnsafeMutableBufferPointer<Double>, with indicator: Indicator) {
        let start = min(indicator.firstValid, bars.count)
        unsafe column[..<start].update(repeating: 0)
        guard start < bars.count else { return }
        switch indicator {
        case .simpleAverage(let period): unsafe fillSimpleAverage(column, bars.sums, period)
        case .exponentialAverage(let period): unsafe fillExponentialAverage(column, bars.close, period, from: 0)
        case .macdLine(let fast, let slow):
            let quick = unsafe self[.exponentialAverage(fast)]
            let calm = unsafe self[.exponentialAverage(slow)]
            for bar in start..<bars.count { unsafe column[bar] = quick[bar] - calm[bar] }
        case .macdSignal(let fast, let slow, let signal):
            unsafe fillExponentialAverage(column, self[.macdLine(fast: fast, slow: slow)], signal, from: slow - 1)
        case .relativeStrength(let period): unsafe fillRelativeStrength(column, bars.close, period)
        case .deviation(let period): unsafe fillDeviation(column, bars.close, self[.simpleAverage(period)], period)
        case .rateOfChange(let period):
            for bar in start..<bars.count {
                unsafe column[bar] = 100 * (bars.close[bar] / bars.close[bar - period] - 1)
            }
        case .priorHigh(let period): unsafe fillPriorExtreme(column, bars.high, period) { $0 >= $1 }
        case .priorLow(let period): unsafe fillPriorExtreme(column, bars.low, period) { $0 <= $1 }
        }
    }
}

/// Columns that are not in use, so that a run's indicators need no allocation once a host is warm.
///
/// Safety: a column that is here is nobody else's; those that are at the end are freed.
@safe
final class ColumnPool {
    private var free: [UnsafeMutableBufferPointer<Double>] = unsafe []
    /// More columns than a run needs are not kept: a long sweep must not hold its memory for ever.
    private static let kept = 8

    init() {}

    deinit { for index in unsafe free.indices { unsafe free[index].deallocate() } }

    /// A column of at least that length; what it holds is left over from before.
    func take(count: Int) -> UnsafeMutableBufferPointer<Double> {
        if let index = unsafe free.firstIndex(where: { $0.count >= count }) { return unsafe free.remove(at: index) }
        let column = UnsafeMutableBufferPointer<Double>.allocate(capacity: count)
        unsafe column.initialize(repeating: 0)
        return unsafe column
    }

    func give(back column: UnsafeMutableBufferPointer<Double>) {
        if unsafe free.count < Self.kept { unsafe free.append(column) } else { unsafe column.deallocate() }
    }
}
