/// How far and how long the equity stood below its highest value.
struct Drawdowns: Equatable, Sendable {
    /// At most 0.
    var deepestPct = 0.0
    var averagePct = Double.nan
    var longestDays = Double.nan
    var averageDays = Double.nan

    init() {}

    /// An episode runs from one bar at the peak to the next bar at the peak (or to the last bar), with bars between.
    init(equity: UnsafeMutableBufferPointer<Double>, time: UnsafeBufferPointer<Int64>, roundingDaysUpTo unit: Double) {
        var episodes = unsafe Episodes(time: time)
        var peak = -1.0
        var peakBar = 0
        var lowest = 0.0
        for bar in 0..<equity.count {
            let value = unsafe equity[bar]
            if value >= peak {
                if bar > peakBar + 1 { episodes.add(from: peakBar, to: bar, depth: 1 - lowest / peak) }
                peak = value
                peakBar = bar
                lowest = value
            } else if value < lowest {
                lowest = value
                // The peak is the same for the whole episode, so its deepest point is where the equity is lowest.
                episodes.deepest = max(episodes.deepest, 1 - value / peak)
            }
        }
        let last = equity.count - 1
        if last > peakBar + 1 { episodes.add(from: peakBar, to: last, depth: 1 - lowest / peak) }
        deepestPct = episodes.deepest > 0 ? -episodes.deepest * 100 : 0
        guard episodes.count > 0 else { return }
        averagePct = -episodes.depthSum / Double(episodes.count) * 100
        longestDays = episodes.longest / Calendar.millisecondsPerDay
        averageDays = roundedUp(
            episodes.lengthSum / Double(episodes.count) / Calendar.millisecondsPerDay, toMultipleOf: unit)
    }

    /// Safety: it lives within `init`, whose caller keeps the times.
    @safe
    private struct Episodes {
        let time: UnsafeBufferPointer<Int64>
        var count = 0
        var depthSum = 0.0
        var deepest = 0.0
        /// Milliseconds.
        var lengthSum = 0.0
        var longest = 0.0

        init(time: UnsafeBufferPointer<Int64>) { unsafe self.time = time }

        mutating func add(from start: Int, to end: Int, depth: Double) {
            count += 1
            depthSum += depth
            let length = unsafe Double(time[end] - time[start])
            lengthSum += length
            longest = max(longest, length)
        }
    }
}

/// A mean duration rounded up to whole units; what lies above a whole number by less than 1e-9 is that number.
func roundedUp(_ days: Double, toMultipleOf unit: Double) -> Double {
    let units = days / unit
    let whole = units.rounded()
    return (abs(units - whole) < 1e-9 ? whole : units.rounded(.up)) * unit
}
