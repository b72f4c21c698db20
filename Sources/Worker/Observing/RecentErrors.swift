import Messages
import Synchronization

/// The last things that went wrong, for the status page. Any thread.
final class RecentErrors: Sendable {
    struct Entry: Sendable {
        let time: Timestamp
        /// A result status or a kind of metrics event.
        let kind: String
        let message: String
        let strategy: String?
        let requestID: String?
    }

    private static let bound = 20
    private let entries = Mutex<[Entry]>([])

    func note(_ kind: String, _ message: String, strategy: String? = nil, requestID: String? = nil) {
        // A message may quote what a submitter sent: a page shows its beginning.
        let entry = Entry(
            time: .now(), kind: kind, message: String(message.prefix(500)), strategy: strategy, requestID: requestID)
        entries.withLock { entries in
            if entries.count == Self.bound { entries.removeFirst() }
            entries.append(entry)
        }
    }

    /// Newest first.
    var newest: [Entry] { entries.withLock { $0.reversed() } }
}
