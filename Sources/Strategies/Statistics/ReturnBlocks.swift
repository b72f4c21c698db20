/// A run's returns in blocks one after the other, as sums of them and of their squares: enough for the Sharpe ratio of
/// any choice of blocks.
final class ReturnBlocks {
    /// Cuts into so many; CSCV's authors take 16.
    static let count = 16

    /// How many returns each block has; they differ by one at most.
    let periods: [Int]
    /// The bar behind the last one of each block.
    let ends: [Int]
    /// The sum of all returns up to the end of each block, and that of their squares, by turns, of the run that was
    /// recorded last; empty where none was.
    private var totals: [Double] = []

    /// - Returns: nil where a block would have fewer than two returns.
    init?(_ time: UnsafeBufferPointer<Int64>, _ calendar: Calendar) {
        let marks = unsafe PeriodReturns.marks(time, calendar)
        periods = Self.periods(of: marks.count - 1)
        guard !periods.isEmpty else { return nil }
        var mark = 0
        ends = periods.map { count in
            mark += count
            return marks[mark] + 1
        }
    }

    /// How many of so many returns each block has; empty where one would have fewer than two.
    static func periods(of returns: Int) -> [Int] {
        guard returns >= count * 2 else { return [] }
        let bounds = (0...count).map { returns * $0 / count }
        return zip(bounds.dropFirst(), bounds).map { $0 - $1 }
    }

    /// Called before each run that is to be recorded.
    func begin() { totals = [] }

    /// - Parameter totals: sum and squares at the end of each block.
    func record(_ totals: [Double]) { self.totals = totals }

    var isRecorded: Bool { !totals.isEmpty }

    /// The sums of each block and then the sums of squares of each.
    func appendSums(to values: inout [Double]) {
        let totals = totals
        for kind in 0...1 {
            var before = 0.0
            for place in stride(from: kind, to: totals.count, by: 2) {
                values.append(totals[place] - before)
                before = totals[place]
            }
        }
    }
}
