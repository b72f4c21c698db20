import Testing

@testable import Sizing

struct QueueTests {
    @Test(arguments: [0, 0.5, 1, 2])
    func `step times have the mean and the variation that are asked for`(variation: Double) {
        var generator = SeededGenerator(seed: 3)
        let steps = StepTimes(mean: 20, variation: variation)
        let times = (0..<200_000).map { _ in steps.draw(&generator) }
        let mean = times.reduce(0, +) / Double(times.count)
        let variance = times.reduce(0) { $0 + ($1 - mean) * ($1 - mean) } / Double(times.count)
        #expect(abs(mean - 20) < 0.4)
        #expect(abs(variance.squareRoot() / 20 - variation) < 0.03)
        #expect(times.allSatisfy { $0 >= 0 })
    }

    @Test(arguments: [1e-160, 1e-9]) func `a variation too small to be told from none is none`(variation: Double) {
        var generator = SeededGenerator(seed: 3)
        #expect(StepTimes(mean: 20, variation: variation).draw(&generator) == 20)
    }

    @Test(arguments: [(1, 0.0), (1, 1), (1, 2), (5, 1), (40, 1)], [0.5, 0.7, 0.9])
    func `the wait is what is known exactly where it is`(_ queue: (slots: Int, variation: Double), busy: Double) {
        let rate = busy * Double(queue.slots) * 50
        let figures = QueueFigures(
            ratePerSecond: rate, slots: queue.slots, steps: StepTimes(mean: 20, variation: queue.variation),
            count: 500_000)
        let exact = ErlangC.meanWait(
            ratePerSecond: rate, slots: queue.slots, stepMs: 20, variation: queue.variation)
        #expect(
            abs(figures.meanWait - exact) < (busy > 0.8 ? 0.15 : 0.05) * exact + 0.02,
            "\(figures.meanWait), not \(exact)")
        #expect(abs(figures.meanTime - figures.meanWait - 20) < 0.1)
    }

    @Test(arguments: [0, 0.5, 2], [0.7, 0.9])
    func `the wait is near its approximation where only that is known`(variation: Double, busy: Double) {
        let rate = busy * 5 * 50
        let figures = QueueFigures(
            ratePerSecond: rate, slots: 5, steps: StepTimes(mean: 20, variation: variation), count: 500_000)
        let near = ErlangC.meanWait(ratePerSecond: rate, slots: 5, stepMs: 20, variation: variation)
        #expect(abs(figures.meanWait - near) < 0.15 * near, "\(figures.meanWait), not near \(near)")
    }

    @Test func `requests are taken in the order they come by the slot that is free first`() {
        var queue = SlotQueue(slots: 2)
        #expect(queue.run(from: 0, for: 10) == 0)
        #expect(queue.run(from: 1, for: 3) == 1)
        #expect(queue.run(from: 2, for: 9) == 4)
        #expect(queue.run(from: 3, for: 1) == 10)
        #expect(queue.run(from: 20, for: 1) == 20)
    }

    @Test func `the same question has the same answer`() {
        let figures = { QueueFigures(ratePerSecond: 175, slots: 5, steps: StepTimes(mean: 20, variation: 1)) }
        #expect(figures() == figures())
    }
}
