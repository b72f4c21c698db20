/// What a timeframe's name says about the bars, and what the bars say themselves.
enum TimeframeLabel {
    private static let second: Int64 = 1000
    private static let minute = 60 * second
    private static let hour = 60 * minute
    private static let day = 24 * hour
    /// Months and years are as long as they are on average.
    private static let month = 2_629_746 * second
    private static let year = 12 * month
    /// Enough to find the median by; a file may have a hundred million bars.
    private static let sampled = 10_000

    /// The name that fits the bars, where the given one does not; nil where it does, or where nobody can say.
    static func better(than label: String, for times: [Int64]) -> String? {
        guard let interval = medianInterval(of: times), let claimed = milliseconds(label) else { return nil }
        // Months have 28 to 31 days, and a market may be closed every other day.
        let ratio = Double(interval) / Double(claimed)
        guard ratio < 0.6 || ratio > 1.7 else { return nil }
        let fitting = name(interval)
        return fitting == label ? nil : fitting
    }

    /// The most usual distance of two bars: nights, weekends and gaps do not count. Two intervals at least.
    static func medianInterval(of times: [Int64]) -> Int64? {
        guard times.count >= 3 else { return nil }
        let step = max(1, times.count / sampled)
        let intervals = stride(from: 1, to: times.count, by: step).map { times[$0] - times[$0 - 1] }.sorted()
        return intervals[(intervals.count - 1) / 2]
    }

    /// `1m`, `15min`, `1h`, `1d`, `1w`, `1mo` or `1M`, `1y`; nil for a name that says no length.
    static func milliseconds(_ label: String) -> Int64? {
        let digits = label.prefix { $0.isASCII && $0.isNumber }
        guard let count = Int64(digits), (1...100_000).contains(count) else { return nil }
        let unit = label.dropFirst(digits.count)
        let one: Int64? =
            switch unit {
            case "M": month
            default:
                switch unit.lowercased() {
                case "ms": 1
                case "s", "sec": second
                case "m", "min": minute
                case "h": hour
                case "d": day
                case "w", "wk": 7 * day
                case "mo", "mon": month
                case "y": year
                default: nil
                }
            }
        return one.map { $0 * count }
    }

    private static func name(_ interval: Int64) -> String {
        func count(_ unit: Int64) -> Int64 { max(1, (interval + unit / 2) / unit) }
        switch interval {
        case ..<second: return "\(max(1, interval))ms"
        case ..<minute: return "\(count(second))s"
        case ..<hour: return "\(count(minute))m"
        case ..<day: return "\(count(hour))h"
        case 28 * day..<360 * day: return "\(count(month))mo"
        case (360 * day)...: return "\(count(year))y"
        default: return interval % (7 * day) == 0 ? "\(count(7 * day))w" : "\(count(day))d"
        }
    }
}
