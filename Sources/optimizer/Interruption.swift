import Glibc
import System

/// SIGINT and SIGTERM, asked for between two pieces of work instead of ending the process in the middle of one.
///
/// The second one ends the process at once, as it always would.
struct Interruption {
    static let exitCode: Int32 = 130

    /// Made before any client, so that the client's threads do not take them.
    private let signals = BlockedSignals([SIGINT, SIGTERM])
    private(set) var hasCome = false

    /// Looks without waiting.
    mutating func check() -> Bool {
        guard !hasCome else { return true }
        guard signals.next() != nil else { return false }
        hasCome = true
        signals.unblock()
        return true
    }
}
