import System

/// How far a sweep is: a bar, a rate, and the time that is left.
struct SweepProgress {
    /// What there is to show.
    struct State {
        let sweep: String
        let completed: Int
        /// Steps whose only results say that they failed.
        let failed: Int
        /// nil while no result has told it.
        let total: Int?
        var pace = SweepPace()

        func text(isUnicode: Bool) -> String {
            let failures = failed > 0 ? ", \(failed) failed" : ""
            guard let total else { return "waiting for the first step of \(sweep)\(failures)" }
            let part = Double(completed) / Double(max(1, total))
            let bar = FigureText.bar(part, width: 24, isUnicode: isUnicode)
            let text = "\(bar) \(Int(part * 100)) %  \(completed) of \(total) steps\(failures)"
            return pace.words(for: total - completed - failed).map { "\(text)  \($0)" } ?? text
        }
    }

    private var line = ProgressLine()
    private var pace = SweepPace()
    private let isUnicode = Terminal.isUnicode

    mutating func show(_ state: State) {
        pace.note(state.completed + state.failed, at: .now)
        var state = state
        state.pace = pace
        let isUnicode = isUnicode
        line.show(state.text(isUnicode: isUnicode))
    }

    /// All that was there has been read: from now on it is the nodes that are waited for.
    mutating func begin() { pace.restart() }

    mutating func clear() { line.clear() }
}
