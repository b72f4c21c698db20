/// What the times of a data set say about its rhythm.
struct Calendar: Equatable, Sendable {
    static let millisecondsPerDay = 86_400_000.0

    /// The median distance of neighbouring bars, in days.
    let intervalDays: Double
    /// The largest of day, hour, minute, second and millisecond that the bars' usual distance is whole in, in days.
    let unitDays: Double
    /// Bars that a year has, or for bars shorter than a day, trading days.
    let annualTradingDays: Int

    /// Shorter bars than a day: returns are then taken from day to day.
    var isIntraday: Bool { intervalDays < 1 }

    init(time: UnsafeBufferPointer<Int64>) {
        // A thousand distances show the rhythm, and a sort of millions would not show it better.
        var distances = unsafe zip(time.prefix(1001), time.prefix(1001).dropFirst()).map { $1 - $0 }
        distances.sort()
        let median = distances.isEmpty ? 0 : Double(distances[distances.count / 2])
        intervalDays = median > 0 ? median / Self.millisecondsPerDay : 1
        unitDays = unsafe Self.unit(of: time)
        annualTradingDays = unsafe Self.tradingDays(intervalDays, weekendShare: Self.weekendShare(time))
    }

    /// By the last hundred bars, as backtesting.py goes, and where the middle lies between two distances by their mean.
    private static func unit(of time: UnsafeBufferPointer<Int64>) -> Double {
        let distances = unsafe zip(time.suffix(100), time.suffix(100).dropFirst()).map { $1 - $0 }.sorted()
        guard !distances.isEmpty else { return 1 }
        let half = distances.count / 2
        let median = distances.count % 2 == 1 ? distances[half] : (distances[half - 1] + distances[half]) / 2
        let units: [Int64] = [86_400_000, 3_600_000, 60_000, 1000]
        return Double(units.first { median % $0 == 0 } ?? 1) / millisecondsPerDay
    }

    private static func tradingDays(_ interval: Double, weekendShare: Double) -> Int {
        switch interval {
        case 300...: 1
        case 80...: 4
        case 25...: 12
        case 5...: 52
        // Of seven days two are a weekend; well over half of that share means the market is open on them.
        default: weekendShare > 2.0 / 7 * 0.6 ? 365 : 252
        }
    }

    private static func weekendShare(_ time: UnsafeBufferPointer<Int64>) -> Double {
        guard !time.isEmpty else { return 0 }
        return unsafe Double(time.count { dayOfWeek($0) >= 5 }) / Double(time.count)
    }

    /// 0 is Monday; 1970-01-01 was a Thursday.
    private static func dayOfWeek(_ stamp: Int64) -> Int64 {
        let (day, rest) = stamp.quotientAndRemainder(dividingBy: 86_400_000)
        let weekday = ((rest < 0 ? day - 1 : day) + 3) % 7
        return weekday < 0 ? weekday + 7 : weekday
    }
}
