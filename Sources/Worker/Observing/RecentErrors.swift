import Messages
import Scheduling
import Synchronization
import System

/// The last things that went wrong, for the status page. What happens again and again is one entry with a count. Any
/// thread.
final class RecentErrors: Sendable {
    struct Entry: Sendable {
        /// When it happened last.
        var time: Timestamp
        let firstTime: Timestamp
        var count: Int
        /// A result status, a kind of metrics event or `kafka`.
        let kind: String
        var message: String
        let strategy: String?
        /// Of the last one.
        var requestID: String?

        fileprivate let key: String
        fileprivate var toldAt: MonotonicTime
    }

    private static let bound = 20
    /// What goes on is told once in so long.
    private static let tellMs = 60_000.0
    /// The newest last.
    private let entries = Mutex<[Entry]>([])

    /// - Parameter key: what makes two of them the same, where the message says more than that.
    /// - Returns: whether it is to be logged: the first of its kind is, and then one a minute.
    @discardableResult
    func note(
        _ kind: String, _ message: String, strategy: String? = nil, requestID: String? = nil, key: String? = nil,
        at now: MonotonicTime = .now()
    ) -> Bool {
        // A message may quote what a submitter sent: a page shows its beginning.
        let message = String(message.prefix(500))
        let key = [kind, strategy ?? "", key ?? message].joined(separator: "\n")
        let time = Timestamp.now()
        return entries.withLock { entries in
            guard let index = entries.firstIndex(where: { $0.key == key }) else {
                if entries.count == Self.bound { entries.removeFirst() }
                entries.append(
                    Entry(
                        time: time, firstTime: time, count: 1, kind: kind, message: message, strategy: strategy,
                        requestID: requestID, key: key, toldAt: now))
                return true
            }
            var entry = entries.remove(at: index)
            entry.time = time
            entry.count += 1
            entry.message = message
            entry.requestID = requestID
            let isDue = now.milliseconds(since: entry.toldAt) >= Self.tellMs
            if isDue { entry.toldAt = now }
            entries.append(entry)
            return isDue
        }
    }

    /// Newest first.
    var newest: [Entry] { entries.withLock { $0.reversed() } }
}
