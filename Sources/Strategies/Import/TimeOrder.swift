/// Findings, of which all are counted and the first are kept in words.
struct Findings {
    private(set) var shown: [(number: Int, words: String)] = []
    private(set) var count = 0

    mutating func add(_ number: Int, _ words: String) {
        count += 1
        if shown.count < ImportProblem.maximumFindings { shown.append((number, words)) }
    }

    /// Both, in the order of their lines.
    func with(_ other: Findings) -> ImportProblem {
        let all = (shown + other.shown).sorted { $0.number < $1.number }.prefix(ImportProblem.maximumFindings)
        return ImportProblem(findings: all.map { "line \($0.number): \($0.words)" }, count: count + other.count)
    }
}

/// Whether times increase, or all decrease, which is the same told from its end.
struct TimeOrder {
    private var previous: Int64?
    private(set) var increasing = Findings()
    private(set) var decreasing = Findings()

    /// - Parameter number: of the line.
    mutating func take(_ time: Int64, _ number: Int) {
        defer { previous = time }
        guard let previous else { return }
        if time <= previous { increasing.add(number, Self.words(time, previous, "before", "increase")) }
        if time >= previous { decreasing.add(number, Self.words(time, previous, "after", "decrease, as they began")) }
    }

    private static func words(_ time: Int64, _ previous: Int64, _ side: String, _ rule: String) -> String {
        let shown = BarTime.text(time)
        return time == previous
            ? "the time \(shown) is that of the bar before; times must increase"
            : "the time \(shown) is \(side) that of the bar before (\(BarTime.text(previous))); times must \(rule)"
    }

    /// One instant after the other, in one direction.
    var isOrdered: Bool { increasing.count == 0 || decreasing.count == 0 }
    var isNewestFirst: Bool { increasing.count > 0 && decreasing.count == 0 }

    /// What breaks the order that most of the file has.
    var findings: Findings { increasing.count <= decreasing.count ? increasing : decreasing }
}
