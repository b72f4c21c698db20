import Testing

@testable import Scheduling

@Suite struct LockTableTests {
    private var table = LockTable()

    @Test mutating func givesAllTheNamesOrNone() {
        #expect(table.take(["a"], for: 1) == true)
        #expect(table.take(["a", "b"], for: 2) == false)
        #expect(table.areFree(["b"]))
        #expect(table.release(["a"], of: 1) == [])
        #expect(table.take(["a", "b"], for: 2) == true)
    }

    @Test mutating func aStepThatHoldsALockGetsItAgain() {
        #expect(table.demand(["a"], for: 1) == .granted)
        #expect(table.demand(["a", "b"], for: 1) == .granted)
        #expect(table.heldCount == 2)
    }

    @Test mutating func aReleaseServesWhoWaitsInTheirOrder() {
        #expect(table.demand(["a"], for: 1) == .granted)
        #expect(table.demand(["a"], for: 2) == .waits)
        #expect(table.demand(["a"], for: 3) == .waits)
        #expect(table.release(["a"], of: 1) == [2])
        #expect(table.blockers(of: 3) == [2])
        #expect(table.releaseAll(of: 2) == [3])
    }

    @Test mutating func whatWasDemandedIsGivenBackBetweenTwoRequestsOfAStep() {
        #expect(table.take(["declared"], for: 1) == true)
        #expect(table.demand(["declared", "a", "b"], for: 1) == .granted)
        #expect(table.demand(["declared"], for: 2) == .waits)
        #expect(table.demand(["b"], for: 3) == .waits)
        #expect(table.release(allBut: ["declared", "given back early"], of: 1) == [3])
        #expect(table.areFree(["a"]) && table.isWaiting(2))
        #expect(table.release(allBut: ["declared"], of: 1) == [])
        #expect(table.releaseAll(of: 1) == [2])
    }

    @Test mutating func whoHoldsNothingDoesNotPassWhoWaits() {
        _ = table.demand(["a"], for: 1)
        #expect(table.demand(["a", "b"], for: 2) == .waits)
        #expect(table.demand(["b"], for: 3) == .waits)
        #expect(table.take(["b"], for: 4) == false)
        #expect(table.release(["a"], of: 1) == [2])
    }

    @Test mutating func whoHoldsSomethingPassesSoThatItClosesNoCycle() {
        _ = table.demand(["a"], for: 1)
        #expect(table.demand(["a", "b"], for: 2) == .waits)
        #expect(table.demand(["b"], for: 1) == .granted)
    }

    @Test mutating func whoGivesUpWaitingLetsOthersHaveTheirs() {
        _ = table.demand(["a"], for: 1)
        _ = table.demand(["a", "b"], for: 2)
        _ = table.demand(["b"], for: 3)
        #expect(table.withdraw(2) == [3])
        #expect(!table.isWaiting(2))
    }

    @Test mutating func oneStepHoldsNoMoreThanTheBound() {
        for index in 0..<LockTable.maximumHeld { #expect(table.demand(["\(index)"], for: 1) == .granted) }
        #expect(table.demand(["one more"], for: 1) == .tooMany)
        #expect(table.demand(["0"], for: 1) == .granted)
    }

    @Test mutating func namesOfOthersAreNotGivenBack() {
        _ = table.demand(["a"], for: 1)
        #expect(table.release(["a", "b"], of: 2) == [])
        #expect(!table.areFree(["a"]))
    }
}

@Suite struct DeadlockDetectorTests {
    private func cycle(_ token: UInt64, _ edges: [UInt64: [UInt64]]) -> [UInt64]? {
        DeadlockDetector.cycle(through: token) { edges[$0] ?? [] }
    }

    @Test func namesTheCycleInTheOrderOfWaiting() {
        #expect(cycle(3, [1: [2], 2: [3], 3: [1]]) == [3, 1, 2])
    }

    @Test func findsTheWayAroundDeadEnds() {
        #expect(cycle(1, [1: [2, 3, 4], 2: [5], 3: [6], 4: [5], 6: [1]]) == [1, 3, 6])
    }

    @Test func aChainIsNoCycle() {
        #expect(cycle(1, [1: [2], 2: [3], 3: []]) == nil)
    }

    @Test func aCycleOfOthersIsNotThisSteps() {
        #expect(cycle(1, [1: [2], 2: [3], 3: [2]]) == nil)
    }
}
