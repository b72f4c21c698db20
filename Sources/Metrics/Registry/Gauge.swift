import Synchronization

/// A number that goes up and down, in the metric's unit. Updates are atomic: no lock, no allocation.
package final class Gauge: Sendable {
    private let bits = Atomic<UInt64>(0)

    init() {}

    package func set(_ value: Double) {
        bits.store(value.bitPattern, ordering: .relaxed)
    }

    package func set(_ value: Int) {
        set(Double(value))
    }

    /// 1 for true, 0 for false.
    package func set(_ value: Bool) {
        set(value ? 1.0 : 0.0)
    }

    package func add(_ difference: Double) {
        var seen = bits.load(ordering: .relaxed)
        while true {
            let next = (Double(bitPattern: seen) + difference).bitPattern
            let (exchanged, original) = bits.weakCompareExchange(expected: seen, desired: next, ordering: .relaxed)
            if exchanged { return }
            seen = original
        }
    }

    package var value: Double {
        Double(bitPattern: bits.load(ordering: .relaxed))
    }
}
