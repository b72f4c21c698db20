import Scheduling
import System

/// One end of many things by one deadline, and what did not keep it. One thread owns it.
final class Ending {
    private let until: MonotonicTime
    private(set) var leftBehind: [String] = []

    /// What was held up by those before it still gets so long: a thread that only has to be scheduled is no hung one.
    private static let leastMs = 200

    init(until: MonotonicTime) { self.until = until }

    var deadline: MonotonicTime { max(until, .now().adding(milliseconds: Self.leastMs)) }

    /// Milliseconds that are left.
    var leftMs: Int32 { Int32(clamping: Int(deadline.milliseconds(since: .now()))) }

    func join(_ thread: PermanentThread?) {
        guard let thread else { return }
        note(thread.name, thread.join(until: deadline))
    }

    func note(_ name: String, _ hasEnded: Bool) {
        if !hasEnded { leftBehind.append(name) }
    }
}
