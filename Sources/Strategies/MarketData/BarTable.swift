/// Bars in arrays: as they are read from a file or a message, before they become a data set.
struct BarTable: Equatable, Sendable {
    /// UTC milliseconds since 1970.
    var time: [Int64] = []
    var open: [Double] = []
    var high: [Double] = []
    var low: [Double] = []
    var close: [Double] = []
    var volume: [Double] = []

    var count: Int { time.count }
}

/// What is wrong with a bar, in words that fit after "line 7:" or "bar 7:".
enum BarCheck {
    /// - Parameter previous: the time of the bar before.
    @inline(__always)
    static func problem(
        previous: Int64?, time: Int64, open: Double, high: Double, low: Double, close: Double, volume: Double
    ) -> String? {
        // One comparison chain for the good case: NaN fails it too.
        if low > 0, low <= open, low <= close, open <= high, close <= high, high < .infinity, volume >= 0,
            volume < .infinity, previous.map({ time > $0 }) ?? true
        {
            return nil
        }
        return describe(
            previous: previous, time: time,
            prices: [("open", open), ("high", high), ("low", low), ("close", close)], volume: volume)
    }

    private static func describe(
        previous: Int64?, time: Int64, prices: [(name: String, value: Double)], volume: Double
    ) -> String {
        if let previous, time <= previous {
            let shown = BarTime.text(time)
            return time == previous
                ? "the time \(shown) is that of the bar before; times must increase"
                : "the time \(shown) is before that of the bar before (\(BarTime.text(previous))); times must increase"
        }
        for price in prices {
            guard price.value.isFinite else { return "\(price.name) is \(price.value), must be a finite number" }
            guard price.value > 0 else { return "\(price.name) is \(price.value), prices must be above 0" }
        }
        let (high, low) = (prices[1].value, prices[2].value)
        for price in prices {
            if price.value > high { return "\(price.name) \(price.value) is above high \(high)" }
            if price.value < low { return "\(price.name) \(price.value) is below low \(low)" }
        }
        return "volume is \(volume), must be a finite number of at least 0"
    }
}
