import Glibc
import Messages

/// How far a command has come, on standard error: one line that changes on a terminal, now and then a line elsewhere.
struct ProgressLine {
    private let isTerminal = isatty(2) == 1
    private var next: ContinuousClock.Instant
    private var width = 0

    init() { next = .now + (isTerminal ? .milliseconds(200) : .seconds(5)) }

    /// Shows the text if it is time for it.
    mutating func show(_ text: @autoclosure () -> String) {
        guard .now >= next else { return }
        next = .now + (isTerminal ? .milliseconds(100) : .seconds(5))
        let text = text().escapedForTerminal
        guard isTerminal else { return Output.words(text) }
        Output.write(2, "\r" + text.padded(to: width))
        width = text.count
    }

    /// Takes the line away, so that the next words have one of their own.
    mutating func clear() {
        guard width > 0 else { return }
        Output.write(2, "\r" + String(repeating: " ", count: width) + "\r")
        width = 0
    }
}
