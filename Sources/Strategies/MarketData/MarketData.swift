import Glibc

/// A data set in memory, mapped or of its own, with what is derived from it once.
///
/// Safety: `owner` keeps the columns, `derived` is freed in `deinit`, and `bars` shows both for no longer than this lives.
@safe
final class MarketData {
    let bars: Bars
    let calendar: Calendar
    /// `sha256:` and the digest of the column file; nil for inline bars.
    let version: String?
    private let owner: AnyObject
    private let derived: UnsafeMutableBufferPointer<Double>

    /// - Parameter owner: keeps the columns' memory alive.
    init(columns: BarColumns, version: String?, owner: AnyObject) {
        self.owner = owner
        self.version = version
        calendar = unsafe Calendar(time: columns.time)
        let count = unsafe columns.close.count
        let scale = unsafe PrefixSums.gridScale(of: columns.close)
        let sumsCount = count + 1
        let derived = UnsafeMutableBufferPointer<Double>.allocate(
            capacity: count + sumsCount + (scale == nil ? sumsCount : 0))
        unsafe derived.initialize(repeating: 0)
        let logs = unsafe UnsafeMutableBufferPointer(rebasing: derived[..<count])
        let high = unsafe UnsafeMutableBufferPointer(rebasing: derived[count..<count + sumsCount])
        let low = unsafe UnsafeMutableBufferPointer(rebasing: derived[(count + sumsCount)...])
        unsafe PrefixSums.fill(high, low, from: columns.close, scale: scale)
        for bar in 1..<max(1, count) { unsafe logs[bar] = log(columns.close[bar] / columns.close[bar - 1]) }
        unsafe self.derived = derived
        bars = unsafe Bars(
            time: columns.time, open: columns.open, high: columns.high, low: columns.low, close: columns.close,
            logReturn: UnsafeBufferPointer(logs),
            sums: PrefixSums(high: UnsafeBufferPointer(high), low: UnsafeBufferPointer(low), scale: scale ?? 1))
    }

    deinit { unsafe derived.deallocate() }

    /// Bars held in memory of their own: inline ones, and those of tests.
    convenience init(_ table: BarTable, version: String? = nil) {
        let storage = TableStorage(table)
        self.init(columns: storage.columns, version: version, owner: storage)
    }

    /// Runs something on the bars, or on a range of them. The view must not leave the closure.
    func withBars<R, E: Error>(_ range: Range<Int>? = nil, _ body: (Bars) throws(E) -> R) throws(E) -> R {
        defer { withExtendedLifetime(self) {} }
        return try body(range.map { bars.slice($0) } ?? bars)
    }

    /// The bars from one time to another, both included.
    func range(from start: Int64?, through end: Int64?) -> Range<Int> {
        let first = start.map { start in firstBar { $0 >= start } } ?? 0
        let beyond = end.map { end in firstBar { $0 > end } } ?? bars.count
        return first..<max(first, beyond)
    }

    private func firstBar(where isBeyond: (Int64) -> Bool) -> Int {
        var low = 0
        var high = bars.count
        while low < high {
            let middle = (low + high) / 2
            if unsafe isBeyond(bars.time[middle]) { high = middle } else { low = middle + 1 }
        }
        return low
    }
}

/// The stored columns of a data set.
///
/// Safety: a view, good for as long as its owner, which goes to `MarketData` with it.
@safe
struct BarColumns {
    let time: UnsafeBufferPointer<Int64>
    let open: UnsafeBufferPointer<Double>
    let high: UnsafeBufferPointer<Double>
    let low: UnsafeBufferPointer<Double>
    let close: UnsafeBufferPointer<Double>
}

/// Copies a table's columns into memory that does not move.
///
/// Safety: the memory is made in `init` and freed in `deinit`; `MarketData` keeps it with the columns.
@safe
private final class TableStorage {
    let columns: BarColumns
    private let time: UnsafeMutableBufferPointer<Int64>
    private let prices: UnsafeMutableBufferPointer<Double>

    init(_ table: BarTable) {
        let count = table.count
        unsafe time = .allocate(capacity: count)
        _ = unsafe time.initialize(fromContentsOf: table.time)
        unsafe prices = .allocate(capacity: count * 4)
        _ = unsafe prices.initialize(fromContentsOf: table.open + table.high + table.low + table.close)
        let all = unsafe UnsafeBufferPointer(prices)
        columns = unsafe BarColumns(
            time: UnsafeBufferPointer(time), open: .init(rebasing: all[..<count]),
            high: .init(rebasing: all[count..<count * 2]), low: .init(rebasing: all[count * 2..<count * 3]),
            close: .init(rebasing: all[(count * 3)...]))
    }

    deinit {
        unsafe time.deallocate()
        unsafe prices.deallocate()
    }
}
