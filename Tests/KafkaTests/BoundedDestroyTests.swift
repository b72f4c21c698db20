import Synchronization
import Testing

@testable import Kafka

@Suite struct BoundedDestroyTests {
    private final class Gate: Sendable {
        let isOpen = Atomic(false)
        let through = Atomic(false)
        var isThrough: Bool { through.load(ordering: .acquiring) }
    }

    @Test func aDestroyThatHangsIsLeftToItself() throws {
        let gate = Gate()
        let work = BoundedDestroy.Work {
            while !gate.isOpen.load(ordering: .acquiring) {}
            gate.through.store(true, ordering: .releasing)
        }
        #expect(!BoundedDestroy.run(patienceMs: 20, work))
        gate.isOpen.store(true, ordering: .releasing)
        while !gate.isThrough {}
    }

    @Test func oneThatEndsIsWaitedFor() {
        let gate = Gate()
        #expect(BoundedDestroy.run(patienceMs: 60_000, .init { gate.through.store(true, ordering: .releasing) }))
        #expect(gate.isThrough)
    }
}
