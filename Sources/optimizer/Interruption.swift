import Glibc

/// SIGINT and SIGTERM, asked for between two pieces of work instead of ending the process in the middle of one.
///
/// The second one ends the process at once, as it always would.
struct Interruption {
    static let exitCode: Int32 = 130

    private var set = sigset_t()
    private(set) var hasCome = false

    /// Blocks the signals. Make it before any client, so that the threads of the client do not take them.
    init() {
        unsafe sigemptyset(&set)
        for signal in [SIGINT, SIGTERM] { unsafe sigaddset(&set, signal) }
        unsafe pthread_sigmask(SIG_BLOCK, &set, nil)
    }

    /// Looks without waiting.
    mutating func check() -> Bool {
        guard !hasCome else { return true }
        var now = timespec()
        guard unsafe sigtimedwait(&set, nil, &now) > 0 else { return false }
        hasCome = true
        unsafe pthread_sigmask(SIG_UNBLOCK, &set, nil)
        return true
    }
}
