import Synchronization

/// A number that only grows while the process lives. Updates are one relaxed atomic operation: no lock, no allocation.
package final class Counter: Sendable {
    private let raw = Atomic<UInt64>(0)
    private let unitsPerValue: Double

    /// - Parameter unit: counters of seconds count nanoseconds inside, all others count ones.
    init(unit: MetricUnit) {
        unitsPerValue = unit == .seconds ? 1e9 : 1
    }

    /// Adds a number of things or bytes. A negative number is ignored: a counter does not go back.
    package func increment(by count: Int = 1) {
        guard count > 0 else { return }
        raw.wrappingAdd(UInt64(count), ordering: .relaxed)
    }

    /// Adds a time to a counter of seconds.
    package func add(nanoseconds: UInt64) {
        raw.wrappingAdd(nanoseconds, ordering: .relaxed)
    }

    /// Takes over a total that something else counts (the Kafka client, the kernel): in ones, or in nanoseconds where
    /// the unit is seconds.
    package func mirror(total: UInt64) {
        raw.store(total, ordering: .relaxed)
    }

    /// The value in the metric's unit.
    package var value: Double {
        Double(raw.load(ordering: .relaxed)) / unitsPerValue
    }
}
