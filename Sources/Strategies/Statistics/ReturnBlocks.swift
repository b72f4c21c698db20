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
        // The bars at which the equity of a period is taken; a return goes from one to the next.
        let marks =
            calendar.isIntraday
            ? time.indices.filter { unsafe PeriodReturns.isLastOfDay($0, time) } : Array(time.indices)
        let returns = marks.count - 1
        guard returns >= Self.count * 2 else { return nil }
        let bounds = (0...Self.count).map { returns * $0 / Self.count }
        periods = zip(bounds.dropFirst(), bounds).map { $0 - $1 }
        ends = bounds.dropFirst().map { marks[$0] + 1 }
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
