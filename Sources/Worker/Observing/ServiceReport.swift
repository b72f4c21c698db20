/// What a service manager is told of a node, and when.
///
/// `READY=1` once, when the node takes part for the first time; `WATCHDOG=1` each time, while the process moves;
/// `STOPPING=1` once, when its end has begun; `STATUS=` where that has changed. The order is one way: an end that
/// begins before the node was ready says no `READY=1` any more.
struct ServiceReport: Equatable {
    struct Condition {
        /// Why the process does not move, as `/healthz` says it.
        var stuck: String?
        /// Why the node takes no part, as `/readyz` says it.
        var unready: String?
        var isEnding = false
    }

    private enum Phase: Equatable { case starting, ready, stopping }

    private var phase = Phase.starting
    private var status = ""

    /// - Returns: the words to send now.
    mutating func words(for condition: Condition) -> [String] {
        var words: [String] = []
        switch phase {
        case .starting, .ready:
            if condition.isEnding {
                phase = .stopping
                words.append("STOPPING=1")
            } else if phase == .starting, condition.unready == nil {
                phase = .ready
                words.append("READY=1")
            }
        case .stopping: break
        }
        // Whoever hangs while it ends hangs too.
        if condition.stuck == nil { words.append("WATCHDOG=1") }
        let new = Self.line(condition.stuck ?? condition.unready ?? "takes part in its group")
        if new != status {
            status = new
            words.append("STATUS=\(new)")
        }
        return words
    }

    /// One line, of a length that a datagram and a person take.
    private static func line(_ text: String) -> String {
        String(text.map { $0.isNewline ? " " : $0 }.prefix(500))
    }
}
