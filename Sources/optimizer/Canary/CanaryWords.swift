import Metrics

/// What the canary says of its partitions: only what changes.
struct CanaryWords {
    private var troubled: Set<Int32> = []

    /// - Parameter cause: why it was not sent, or what the result says.
    /// - Returns: nil where that is as it was.
    mutating func take(_ end: CanaryBook.End, cause: String? = nil) -> String? {
        guard end.outcome != .completed else {
            guard troubled.remove(end.partition) != nil else { return nil }
            return "partition \(end.partition) works again: completed in \(end.latency.inWords)"
        }
        guard troubled.insert(end.partition).inserted else { return nil }
        return Self.line(end, cause)
    }

    static func line(_ end: CanaryBook.End, _ cause: String?) -> String {
        let what =
            switch end.outcome {
            case .completed: "completed in \(end.latency.inWords)"
            case .failed: "failed after \(end.latency.inWords)"
            case .lost: "no result for \(end.latency.inWords): does a node read it? optimizer lag says what blocks it"
            case .notSent: "no broker has acknowledged the request for \(end.latency.inWords)"
            }
        return "partition \(end.partition): \(what)" + (cause.map { ": \($0)" } ?? "")
    }
}

extension Duration {
    /// For a reader: 12.3 ms, 30 s.
    var inWords: String {
        let milliseconds = self / .milliseconds(1)
        guard milliseconds >= 1000 else { return FigureText.fixed(milliseconds, 1) + " ms" }
        let seconds = milliseconds / 1000
        return FigureText.fixed(seconds, seconds == seconds.rounded() ? 0 : 1) + " s"
    }
}
