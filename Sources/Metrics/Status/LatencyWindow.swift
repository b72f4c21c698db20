/// The distribution of a histogram's last minutes, from snapshots taken now and then: what a person wants to see, where
/// the histogram itself knows only "since the start".
package struct LatencyWindow: Sendable {
    /// How long the window is, in seconds; what `recent` covers lies between this and one interval more.
    package let seconds: Double
    private let interval: Double
    private var marks: [(time: Double, snapshot: HistogramSnapshot)] = []

    /// - Parameters:
    ///   - seconds: the length of the window.
    ///   - steps: into how many intervals it is divided; it holds one snapshot (8 KiB) for each.
    package init(seconds: Double = 300, steps: Int = 5) {
        self.seconds = seconds
        interval = seconds / Double(max(1, steps))
    }

    /// What was recorded within the window.
    /// - Parameters:
    ///   - current: the histogram's snapshot now.
    ///   - now: a monotonic time in seconds.
    package mutating func recent(_ current: HistogramSnapshot, at now: Double) -> HistogramSnapshot {
        if marks.isEmpty { marks.append((now, .empty)) }
        if let last = marks.last, now - last.time >= interval { marks.append((now, current)) }
        while marks.count > 1, now - marks[1].time >= seconds { marks.removeFirst() }
        return current.since(marks[0].snapshot)
    }
}
