import Scheduling

/// Keeps lines of one kind from drowning all others: of what anybody who can send a record can cause, only so many are
/// written in a time, and one line says how many more there were.
///
/// Pure: time comes in as an argument.
struct LogLimiter {
    /// Lines that were kept back.
    struct Surplus: Equatable {
        let kind: String
        let level: Log.Level
        let lines: Int
    }

    private struct Window {
        let level: Log.Level
        let end: MonotonicTime
        var admitted = 1
        var surplus = 0
    }

    /// Lines of a kind in a window.
    static let mostLines = 100
    static let windowMs = 10_000

    private var windows: [String: Window] = [:]
    private var over: [Surplus] = []

    /// Whether a line of this kind is to be written.
    mutating func admits(_ kind: String, _ level: Log.Level, at now: MonotonicTime) -> Bool {
        guard var window = windows[kind], now < window.end else {
            close(kind)
            windows[kind] = Window(level: level, end: now.adding(milliseconds: Self.windowMs))
            return true
        }
        defer { windows[kind] = window }
        guard window.admitted < Self.mostLines else {
            window.surplus += 1
            return false
        }
        window.admitted += 1
        return true
    }

    /// What was kept back in the windows that are over, once each.
    mutating func takeSurplus(at now: MonotonicTime) -> [Surplus] {
        for (kind, window) in windows where window.end <= now { close(kind) }
        return take()
    }

    /// What was kept back in all windows, when nothing more comes.
    mutating func finish() -> [Surplus] {
        for kind in windows.keys { close(kind) }
        return take()
    }

    /// When the next window ends in which lines were kept back; nil where none were.
    var nextEnd: MonotonicTime? {
        over.isEmpty ? windows.values.filter { $0.surplus > 0 }.map(\.end).min() : MonotonicTime(nanoseconds: 0)
    }

    private mutating func close(_ kind: String) {
        guard let window = windows.removeValue(forKey: kind), window.surplus > 0 else { return }
        over.append(Surplus(kind: kind, level: window.level, lines: window.surplus))
    }

    private mutating func take() -> [Surplus] {
        defer { over = [] }
        return over.sorted { $0.kind < $1.kind }
    }
}
