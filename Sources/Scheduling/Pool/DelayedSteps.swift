/// Steps that wait for the time of their next run: no slot has them, and they have no place in the queue.
struct DelayedSteps: Sendable {
    private struct Entry: Sendable {
        let step: Step
        let due: MonotonicTime
    }

    /// The last one is due first.
    private var entries: [Entry] = []

    var count: Int { entries.count }
    var nextDue: MonotonicTime? { entries.last?.due }
    var steps: [Step] { entries.map(\.step) }
    var partitions: Set<Int32> { Set(entries.map(\.step.coordinates.partition)) }

    mutating func add(_ step: Step, due: MonotonicTime) {
        var (low, high) = (0, entries.count)
        while low < high {
            let middle = (low + high) / 2
            if entries[middle].due > due { low = middle + 1 } else { high = middle }
        }
        entries.insert(Entry(step: step, due: due), at: low)
    }

    /// The next one, where its time has come.
    mutating func takeDue(at now: MonotonicTime) -> Step? {
        guard let last = entries.last, last.due <= now else { return nil }
        entries.removeLast()
        return last.step
    }

    /// Removes those that are not run here any more.
    mutating func drop(_ isDropped: (Step) -> Bool) -> [Step] {
        guard !entries.isEmpty else { return [] }
        defer { entries.removeAll { isDropped($0.step) } }
        return entries.map(\.step).filter(isDropped)
    }
}
