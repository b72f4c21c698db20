import TestSupport
import Testing

@Suite struct TurnQueueTests {
    /// A machine of two processors: two at once always, eight where it is idle.
    private var queue = TurnQueue(processors: 2)

    /// How many more are served.
    private mutating func served(hasRoom: Bool = false) -> Int {
        var count = 0
        while queue.next(hasRoom: hasRoom) != nil { count += 1 }
        return count
    }

    @Test mutating func `one for each processor is served however busy the machine is`() {
        for _ in 0..<10 { _ = queue.enter(.nodes(1)) }
        #expect(served() == 2)
        queue.leave(.nodes(1))
        #expect(served() == 1)
    }

    @Test mutating func `more are served while the machine is idle, up to four for each processor`() {
        for _ in 0..<10 { _ = queue.enter(.nodes(1)) }
        #expect(served(hasRoom: true) == 8)
        queue.leave(.nodes(1))
        #expect(served() == 0)
        #expect(served(hasRoom: true) == 1)
    }

    @Test mutating func `who needs more than there ever is is served by itself, and not passed by others`() {
        _ = queue.enter(.nodes(1))
        #expect(served() == 1)
        let large = queue.enter(.nodes(20))
        _ = queue.enter(.nodes(1))
        #expect(served(hasRoom: true) == 0)
        queue.leave(.nodes(1))
        #expect(queue.next(hasRoom: false) == large)
        #expect(served(hasRoom: true) == 0)
        queue.leave(.nodes(20))
        #expect(served() == 1)
    }

    @Test mutating func `who wants the machine alone gets it when nobody else wants it, one after the other`() {
        let first = queue.enter(.alone)
        let second = queue.enter(.alone)
        _ = queue.enter(.nodes(1))
        #expect(served(hasRoom: true) == 1)
        queue.leave(.nodes(1))
        #expect(queue.next(hasRoom: false) == first)
        _ = queue.enter(.nodes(1))
        #expect(served(hasRoom: true) == 0)
        queue.leave(.alone)
        #expect(served() == 1)
        queue.leave(.nodes(1))
        #expect(queue.next(hasRoom: false) == second)
        queue.leave(.alone)
        #expect(!queue.isAnyoneWaiting)
    }
}

@Suite struct MachineTurnTests {
    @Test func `a test without a turn may start nothing`() {
        #expect(throws: Failure.self) { try MachineTurn.require() }
    }

    @Test(.machine) func `a test with the trait has a turn`() throws {
        try MachineTurn.require()
    }

    @Test func `a turn within a turn is the same one, so that nobody waits for itself`() async throws {
        try await MachineTurn.take(.alone) {
            try await MachineTurn.take(.nodes(100)) { try MachineTurn.require() }
        }
    }
}
