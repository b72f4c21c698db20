import Hosting

/// How far a sweep is: a bar, a rate, and the time that is left.
struct SweepProgress {
    private var line = ProgressLine()
    /// When how many steps were there; the last ten seconds of it.
    private var samples: [(at: ContinuousClock.Instant, count: Int)] = []
    private let isUnicode = Terminal.isUnicode
    private static let window = Duration.seconds(10)

    /// - Parameters:
    ///   - total: nil while no result has told it.
    ///   - failed: steps whose only results say that they failed.
    mutating func show(_ done: Int, of total: Int?, failed: Int, sweep: String) {
        note(done)
        let state = self
        line.show(state.text(done, of: total, failed: failed, sweep: sweep))
    }

    mutating func clear() { line.clear() }

    private mutating func note(_ done: Int) {
        let now = ContinuousClock.now
        if let last = samples.last, now - last.at < .milliseconds(200) { return }
        samples.append((now, done))
        while let first = samples.first, now - first.at > Self.window { samples.removeFirst() }
    }

    private func text(_ done: Int, of total: Int?, failed: Int, sweep: String) -> String {
        guard let total else { return "waiting for the first step of \(sweep)" }
        let part = Double(done) / Double(max(1, total))
        let bar = FigureText.bar(part, width: 24, isUnicode: isUnicode)
        var text = "\(bar) \(Int(part * 100)) %  \(done) of \(total) steps"
        if failed > 0 { text += ", \(failed) failed" }
        guard let rate, rate > 0, done < total else { return text }
        return text + "  \(rate.fixed(rate < 10 ? 1 : 0))/s, \(Self.clock(Double(total - done - failed) / rate)) left"
    }

    /// Steps per second.
    private var rate: Double? {
        guard let first = samples.first, let last = samples.last, last.at > first.at else { return nil }
        return Double(last.count - first.count) / ((last.at - first.at) / Duration.seconds(1))
    }

    private static func clock(_ seconds: Double) -> String {
        guard seconds < 360_000 else { return "days" }
        let whole = Int(max(0, seconds).rounded(.up))
        if whole < 60 { return "\(whole) s" }
        if whole < 3600 { return "\(whole / 60) min \(whole % 60) s" }
        return "\(whole / 3600) h \(whole % 3600 / 60) min"
    }
}
