import Synchronization

/// How long the steps of each strategy waited for a processor, and how long they had one, since somebody last asked.
final class StrategyDelays: Sendable {
    private struct Sums {
        var waiting: Int64 = 0
        var onProcessor: Int64 = 0
    }

    private let sums: Mutex<[Sums]>

    /// - Parameter count: of strategies, the unknown one too.
    init(count: Int) { sums = Mutex(Array(repeating: Sums(), count: count)) }

    func add(_ reading: RunDelayMeter.Reading) {
        sums.withLock { sums in
            guard sums.indices.contains(reading.strategy) else { return }
            sums[reading.strategy].waiting += reading.waitingNanoseconds
            sums[reading.strategy].onProcessor += reading.onProcessorNanoseconds
        }
    }

    /// Waiting over having, by strategy; nil for those that had no processor.
    func takeRatios() -> [Double?] {
        sums.withLock { sums in
            defer { for index in sums.indices { sums[index] = Sums() } }
            return sums.map { $0.onProcessor > 0 ? Double($0.waiting) / Double($0.onProcessor) : nil }
        }
    }
}
