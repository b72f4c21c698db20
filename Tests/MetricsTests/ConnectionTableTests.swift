import Testing

@testable import Metrics

@Suite struct ConnectionTableTests {
    private var table = ConnectionTable(most: 4, headerTime: .seconds(5))
    private let start = ContinuousClock.now

    private func after(_ milliseconds: Int) -> ContinuousClock.Instant { start + .milliseconds(milliseconds) }

    @Test mutating func theOneThatMovedLongestAgoGoesForTheOneThatComes() {
        for socket in Int32(0)..<4 { #expect(table.opened(socket, from: [1], at: after(Int(socket))) == []) }
        table.asked(0, at: after(10))
        #expect(table.opened(4, from: [1], at: after(20)) == [1])
        // It is not told twice, and counts no more.
        #expect(table.opened(5, from: [1], at: after(21)) == [2])
        table.closed(1)
        table.closed(2)
        table.closed(3)
        #expect(table.opened(1, from: [1], at: after(22)) == [])
    }

    @Test mutating func anAddressWithManyConnectionsPaysForTheLast() {
        _ = table.opened(0, from: [1], at: after(0))
        for socket in Int32(1)..<4 { _ = table.opened(socket, from: [2], at: after(Int(socket))) }
        #expect(table.opened(4, from: [1], at: after(4)) == [1])
        #expect(table.opened(5, from: [3], at: after(5)) == [0])
    }

    @Test mutating func headersThatTakeTooLongAreNotWaitedFor() {
        _ = table.opened(0, from: [1], at: after(0))
        _ = table.opened(1, from: [1], at: after(1))
        table.asked(1, at: after(2))
        #expect(table.opened(2, from: [2], at: after(4999)) == [])
        #expect(table.opened(3, from: [2], at: after(5000)) == [0])
    }
}
