import Glibc

/// The slots of one node with the queue before them, simulated: requests are taken in the order they come by the first
/// slot that is free. All times are milliseconds.
package struct SlotQueue {
    /// When each slot is free; the earliest is the first (a heap).
    private var freeAt: [Double]

    package init(slots: Int) { freeAt = Array(repeating: 0, count: slots) }

    /// Runs a step that comes then and takes so long.
    /// - Returns: when it begins.
    package mutating func run(from arrival: Double, for duration: Double) -> Double {
        let start = max(arrival, freeAt[0])
        freeAt[0] = start + duration
        sink()
        return start
    }

    /// Takes the first to its place.
    private mutating func sink() {
        var place = 0
        while true {
            var child = 2 * place + 1
            guard child < freeAt.count else { return }
            if child + 1 < freeAt.count, freeAt[child + 1] < freeAt[child] { child += 1 }
            guard freeAt[child] < freeAt[place] else { return }
            freeAt.swapAt(child, place)
            place = child
        }
    }
}

/// What requests of a node wait and take.
package struct QueueFigures: Sendable, Hashable {
    /// From when a request comes to when a slot has it.
    package let meanWait: Double
    package let waitP95: Double
    /// From when a request comes to when its step has ended.
    package let meanTime: Double
    package let p50: Double
    package let p95: Double
    package let p99: Double

    package init(waits: [Double], times: [Double]) {
        let sorted = times.sorted()
        meanWait = Self.mean(waits)
        waitP95 = Self.quantile(waits.sorted(), 0.95)
        meanTime = Self.mean(times)
        p50 = Self.quantile(sorted, 0.5)
        p95 = Self.quantile(sorted, 0.95)
        p99 = Self.quantile(sorted, 0.99)
    }

    /// Requests that come by themselves (a Poisson process), at a rate that the slots can carry.
    ///
    /// - Parameters:
    ///   - ratePerSecond: of this node.
    ///   - count: how many requests are looked at, after a tenth as many in which the queue becomes what it will be.
    package init(
        ratePerSecond rate: Double, slots: Int, steps: StepTimes, count: Int = 200_000, seed: UInt64 = 1
    ) {
        var generator = SeededGenerator(seed: seed)
        var queue = SlotQueue(slots: slots)
        var now = 0.0
        var waits: [Double] = []
        var times: [Double] = []
        for number in 0..<(count + count / 10) {
            now += -log(generator.unit()) * 1000 / rate
            let duration = steps.draw(&generator)
            let start = queue.run(from: now, for: duration)
            guard number >= count / 10 else { continue }
            waits.append(start - now)
            times.append(start + duration - now)
        }
        self.init(waits: waits, times: times)
    }

    private static func mean(_ values: [Double]) -> Double { values.reduce(0, +) / Double(max(1, values.count)) }

    private static func quantile(_ sorted: [Double], _ part: Double) -> Double {
        sorted.isEmpty ? 0 : sorted[min(sorted.count - 1, Int(part * Double(sorted.count)))]
    }
}
