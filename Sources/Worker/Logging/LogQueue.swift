import Messages
import Scheduling
import Synchronization
package import System

/// Lines on their way to standard error: any thread leaves them here and goes on, and one thread, which does nothing
/// else, writes them. Whoever reads them may be slow, or stop reading, or be a disk that is full: then lines are
/// dropped and counted, and nothing waits.
package final class LogQueue: Sendable {
    private enum Entry {
        case line(String)
        /// So many lines found no room here.
        case dropped(Int)
    }

    private struct State {
        var entries: [Entry] = []
        var first = 0
        var bytes = 0
        var limiter = LogLimiter()
        var isClosing = false
    }

    /// Writes one line; blocks while its reader takes nothing. Returns whether it was written.
    package typealias Write = @Sendable (String) -> Bool

    static let mostLines = 10_000
    static let mostBytes = 4 << 20

    let format: Log.Format
    private let state = Mutex(State())
    private let write: Write
    private let wake: WakeDescriptor
    private let done: WakeDescriptor
    private let dropped = Atomic(0)
    private let isDone = Atomic(false)

    /// Starts the thread that writes.
    ///
    /// - Parameters:
    ///   - format: nil: text where a person reads it, else JSON.
    ///   - write: standard error unless told otherwise.
    /// - Throws: `SystemFailure` when the system gives no thread or descriptor.
    package init(
        format: Log.Format? = nil, write: @escaping Write = StandardError.writer()
    ) throws(SystemFailure) {
        self.format = format ?? .suitingStandardError
        self.write = write
        wake = try WakeDescriptor()
        done = try WakeDescriptor()
        // It holds the queue: both last as long as the process.
        _ = try PermanentThread(name: "log", work)
    }

    /// Lines that nobody will read: there was no room for them, or they could not be written.
    package var droppedLines: Int { dropped.load(ordering: .relaxed) }

    /// Whether a line of this kind is to be made at all.
    func admits(_ kind: String, _ level: Log.Level) -> Bool {
        // Who asks for the details wants all of them.
        guard level > .debug else { return true }
        let now = MonotonicTime.now()
        let (isAdmitted, isFirstSurplus) = state.withLock { state in
            let hadSurplus = state.limiter.nextEnd != nil
            let isAdmitted = state.limiter.admits(kind, level, at: now)
            return (isAdmitted, !hadSurplus && !isAdmitted)
        }
        // The thread learns when it has to tell of what was kept back.
        if isFirstSurplus { wake.signal() }
        return isAdmitted
    }

    /// Takes a line, or drops it where there is no room. Never blocks.
    func append(_ line: String) {
        let size = line.utf8.count
        let hasRoom = state.withLock { state in
            guard state.entries.count - state.first < Self.mostLines, state.bytes + size <= Self.mostBytes else {
                // Behind the lines that were there before: that is where they are missing.
                if case .dropped(let count) = state.entries.last {
                    state.entries[state.entries.count - 1] = .dropped(count + 1)
                } else {
                    state.entries.append(.dropped(1))
                }
                return false
            }
            state.entries.append(.line(line))
            state.bytes += size
            return true
        }
        if !hasRoom { dropped.add(1, ordering: .relaxed) }
        wake.signal()
    }

    /// Waits until all lines are written, but no longer than that; then none is taken any more.
    /// - Parameter last: is written last, as it is.
    package func close(withinMs: Int, saying last: String? = nil) {
        if let last { append(last) }
        state.withLock { $0.isClosing = true }
        wake.signal()
        let until = MonotonicTime.now().adding(milliseconds: withinMs)
        while !isDone.load(ordering: .acquiring), done.wait(until: until) {}
    }

    // MARK: The thread

    private enum Turn {
        case write(Entry)
        case surplus([LogLimiter.Surplus])
        case wait(until: MonotonicTime?)
        case end
    }

    private func work() {
        /// Lines that could not be written since one could.
        var lost = 0
        while true {
            switch nextTurn() {
            case .write(.line(let line)): emit(line, &lost)
            case .write(.dropped(let count)): tellDropped(count, &lost)
            case .surplus(let surplus): for kind in surplus { emit(text(of: kind), &lost) }
            case .wait(let until): _ = wake.wait(until: until)
            case .end:
                isDone.store(true, ordering: .releasing)
                done.signal()
                return
            }
        }
    }

    private func nextTurn() -> Turn {
        let now = MonotonicTime.now()
        return state.withLock { state in
            let surplus = state.isClosing ? state.limiter.finish() : state.limiter.takeSurplus(at: now)
            if !surplus.isEmpty { return .surplus(surplus) }
            guard state.first < state.entries.count else {
                return state.isClosing ? .end : .wait(until: state.limiter.nextEnd)
            }
            let entry = state.entries[state.first]
            state.first += 1
            if case .line(let line) = entry { state.bytes -= line.utf8.count }
            // In one go now and then: to take the first away moves all others.
            if state.first == state.entries.count || state.first >= 1000 {
                state.entries.removeFirst(state.first)
                state.first = 0
            }
            return .write(entry)
        }
    }

    private func emit(_ line: String, _ lost: inout Int) {
        if lost > 0, write(droppedText(lost)) { lost = 0 }
        guard !write(line) else { return }
        lost += 1
        dropped.add(1, ordering: .relaxed)
    }

    private func tellDropped(_ count: Int, _ lost: inout Int) {
        lost = write(droppedText(count + lost)) ? 0 : lost + count
    }

    private func droppedText(_ count: Int) -> String {
        format.text(
            .warning, "\(count) lines were dropped: nobody read them, or they could not be written",
            [JSONMember("lines", .integer(count))])
    }

    private func text(of surplus: LogLimiter.Surplus) -> String {
        format.text(
            surplus.level, "more lines of one kind, which are not shown",
            [
                JSONMember("kind", .string(surplus.kind)), JSONMember("lines", .integer(surplus.lines)),
                JSONMember("within_ms", .integer(LogLimiter.windowMs)),
            ])
    }
}
