/// The returns of runs on several data sets as those of one portfolio, which has an equal part of its money in each and evens
/// the parts out every day.
///
/// A day's return is the mean over the data sets that are there on it, from the day after their first bar to their last;
/// of those that have no bar on it, or stand still, it is 0. Days on which none is there are none.
struct PortfolioReturns {
    private struct Source {
        /// The bars at which a return ends, but for the first, with which the first return begins.
        let marks: [Int]
        /// The day of each, as a place among the portfolio's.
        let places: [Int]
    }

    private let sources: [Source]
    /// Of each day, 1 over how many data sets are there.
    private let weights: [Double]
    private var sums: [Double]
    /// The places of the days that have a return.
    private let days: [Int]

    init(_ bars: [SweptBars]) {
        let marks = bars.map { bars in unsafe PeriodReturns.marks(bars.indicators.traded.time, bars.calendar) }
        let days = zip(bars, marks).map { bars, marks in
            let traded = bars.indicators.traded
            return marks.map { unsafe PeriodReturns.day(traded.time[$0]) }
        }
        let all = days.reduce([]) { Self.union($0, $1) }
        sources = zip(marks, days).map { Source(marks: $0, places: Self.places(of: $1, in: all)) }
        var changes = [Int](repeating: 0, count: all.count + 1)
        for source in sources where source.places.count > 1 {
            changes[source.places[0] + 1] += 1
            changes[source.places[source.places.count - 1] + 1] -= 1
        }
        var there = 0
        weights = changes.dropLast().map { change in
            there += change
            return there > 0 ? 1 / Double(there) : 0
        }
        sums = Array(repeating: 0, count: all.count)
        let weights = weights
        self.days = all.indices.filter { weights[$0] > 0 }
    }

    /// Of two ascending lists one that has each day once.
    private static func union(_ one: [Int64], _ other: [Int64]) -> [Int64] {
        guard one != other else { return one }
        var all: [Int64] = []
        all.reserveCapacity(max(one.count, other.count))
        var (left, right) = (0, 0)
        while left < one.count || right < other.count {
            let isLeft = right == other.count || (left < one.count && one[left] <= other[right])
            let day = isLeft ? one[left] : other[right]
            if isLeft { left += 1 } else { right += 1 }
            if all.last != day { all.append(day) }
        }
        return all
    }

    private static func places(of days: [Int64], in all: [Int64]) -> [Int] {
        var place = 0
        return days.map { day in
            while all[place] < day { place += 1 }
            return place
        }
    }

    /// Called before the runs of a set.
    mutating func begin() { for place in sums.indices { sums[place] = 0 } }

    /// Takes a run's equity, on the data set of that place.
    mutating func add(_ equity: UnsafeMutableBufferPointer<Double>, of place: Int) {
        let source = sources[place]
        for index in source.marks.indices.dropFirst() {
            let (now, before) = unsafe (equity[source.marks[index]], equity[source.marks[index - 1]])
            // Nothing is left of a ruined run, and nothing becomes of it.
            if now != before { sums[source.places[index]] += now / before - 1 }
        }
    }

    /// Of each day.
    var values: [Double] { days.map { sums[$0] * weights[$0] } }

    /// How many returns each block has; empty where there are too few for blocks.
    var periods: [Int] { ReturnBlocks.periods(of: days.count) }

    /// The sums of each block and then the sums of squares of each, as `ReturnBlocks` has them.
    var blockSums: [Double] {
        let values = values
        var (blocks, squares): ([Double], [Double]) = ([], [])
        var first = 0
        for count in periods {
            let block = values[first..<first + count]
            blocks.append(block.reduce(0, +))
            squares.append(block.reduce(0) { $0 + $1 * $1 })
            first += count
        }
        return blocks + squares
    }
}
