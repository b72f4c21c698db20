import Glibc

/// How long tests wait for what must come. Load makes a machine slower by no factor that a test could know, so this is
/// no guess about speed: only what never comes reaches it.
package enum Patience {
    package static let seconds = 300
    package static let milliseconds = seconds * 1000
    /// For a command that waits.
    package static let option = ["--timeout-ms", "\(milliseconds)"]
}

/// Looks again and again whether something has come true; false where it does not in `Patience`.
package func eventually(_ holds: () throws -> Bool) rethrows -> Bool {
    let begun = monotonicMilliseconds()
    while true {
        let looked = monotonicMilliseconds()
        if try holds() { return true }
        let now = monotonicMilliseconds()
        guard now - begun < Patience.milliseconds else { return false }
        // A look that costs much, such as reading a topic, takes no more than half of the time.
        var pause = pollfd(fd: -1, events: 0, revents: 0)
        // Nor do many looks together: what takes seconds is looked for less often.
        let least = max(5, min((now - begun) / 100, 50))
        poll(&pause, 1, Int32(clamping: max(least, min(now - looked, 1000))))
    }
}

/// The same where a test cannot go on without.
///
/// - Parameter explaining: what there is to say where it does not come to hold.
/// - Throws: `Failure` with what was waited for.
package func eventually(
    _ what: String, _ holds: () throws -> Bool, explaining: () -> String = { "" }
) throws {
    guard try !eventually(holds) else { return }
    let more = explaining()
    throw Failure("not within \(Patience.seconds) s: \(what)\(more.isEmpty ? "" : "; \(more)")")
}

/// Milliseconds of a clock that only goes forward.
private func monotonicMilliseconds() -> Int {
    var time = timespec()
    clock_gettime(CLOCK_MONOTONIC, &time)
    return time.tv_sec * 1000 + time.tv_nsec / 1_000_000
}
