/// How fast steps come in, by the last ten seconds.
struct SweepPace {
    /// When how many steps were there.
    private var samples: [(at: ContinuousClock.Instant, count: Int)] = []
    private static let window = Duration.seconds(10)

    mutating func note(_ count: Int, at now: ContinuousClock.Instant) {
        if let last = samples.last, now - last.at < .milliseconds(200) { return }
        samples.append((now, count))
        while let first = samples.first, now - first.at > Self.window { samples.removeFirst() }
    }

    /// What was read before says how fast a topic is read, not how fast steps are worked.
    mutating func restart() { samples = [] }

    /// Steps per second; nil where two counts are not there yet.
    var rate: Double? {
        guard let first = samples.first, let last = samples.last, last.at > first.at else { return nil }
        return Double(last.count - first.count) / ((last.at - first.at) / Duration.seconds(1))
    }

    /// "12/s, 3 min 20 s left"; nil where nothing came lately.
    func words(for rest: Int) -> String? {
        guard let rate, rate > 0, rest > 0 else { return nil }
        return "\(rate.fixed(rate < 10 ? 1 : 0))/s, \(Self.clock(Double(rest) / rate)) left"
    }

    private static func clock(_ seconds: Double) -> String {
        guard seconds < 360_000 else { return "days" }
        let whole = Int(max(0, seconds).rounded(.up))
        if whole < 60 { return "\(whole) s" }
        if whole < 3600 { return "\(whole / 60) min \(whole % 60) s" }
        return "\(whole / 3600) h \(whole % 3600 / 60) min"
    }
}
