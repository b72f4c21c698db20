import Testing

@testable import Scheduling

@Suite struct BackpressureControllerTests {
    private var controller = BackpressureController(.init())

    @Test mutating func holdsAtTheBoundAndFlowsAtTheResumeDepth() {
        #expect(controller.update(depth: 99, inFlight: 99, at: time(0)) == .mayResume)
        #expect(controller.isFlowing)
        #expect(controller.update(depth: 100, inFlight: 100, at: time(1)) == .goesOn)
        #expect(!controller.isFlowing)
        #expect(controller.update(depth: 51, inFlight: 51, at: time(50)) == .goesOn)
        #expect(!controller.isFlowing)
        #expect(controller.update(depth: 50, inFlight: 50, at: time(60)) == .mayResume)
        #expect(controller.isFlowing)
        #expect(controller.heldSeconds(at: time(1000)) == 0.059)
    }

    @Test mutating func bytesInFlightHoldAsTheirNumberDoes() {
        controller = BackpressureController(.init(maxInFlightBytes: 1000))
        _ = controller.update(depth: 1, inFlight: 2, inFlightBytes: 999, at: time(0))
        #expect(controller.isFlowing)
        _ = controller.update(depth: 1, inFlight: 2, inFlightBytes: 1000, at: time(1))
        #expect(!controller.isFlowing)
        _ = controller.update(depth: 1, inFlight: 1, inFlightBytes: 751, at: time(2))
        #expect(!controller.isFlowing)
        _ = controller.update(depth: 1, inFlight: 1, inFlightBytes: 750, at: time(3))
        #expect(controller.isFlowing)
        // One that is larger than all of them may be has its turn, alone.
        _ = controller.update(depth: 1, inFlight: 1, inFlightBytes: 5000, at: time(4))
        _ = controller.update(depth: 0, inFlight: 0, inFlightBytes: 0, at: time(5))
        #expect(controller.isFlowing)
    }

    @Test mutating func partitionsMayBePausedOnceAHoldHasLasted() {
        _ = controller.update(depth: 100, inFlight: 100, at: time(0))
        #expect(controller.pauseDue == time(100))
        #expect(controller.update(depth: 100, inFlight: 100, at: time(99)) == .goesOn)
        #expect(controller.update(depth: 90, inFlight: 100, at: time(100)) == .mayPause)
        #expect(controller.update(depth: 90, inFlight: 100, at: time(200)) == .mayPause)
        #expect(controller.update(depth: 50, inFlight: 100, at: time(300)) == .mayResume)
        #expect(controller.pauseDue == nil)
        #expect(controller.heldSeconds(at: time(1000)) == 0.3)
    }

    @Test func theyMayBePausedAtOnceWhereThatIsSet() {
        var eager = BackpressureController(.init(pauseAfterMs: 0))
        #expect(eager.update(depth: 100, inFlight: 100, at: time(0)) == .mayPause)
    }

    @Test mutating func timePausedIsThatWithAnyPartitionPaused() {
        controller.notePaused(true, at: time(100))
        controller.notePaused(true, at: time(200))
        #expect(controller.isPaused)
        #expect(controller.pausedSeconds(at: time(400)) == 0.3)
        controller.notePaused(false, at: time(500))
        controller.notePaused(false, at: time(600))
        controller.notePaused(true, at: time(700))
        #expect(controller.pausedSeconds(at: time(800)) == 0.5)
    }

    @Test mutating func holdsWhenTooMuchIsInFlight() {
        _ = controller.update(depth: 0, inFlight: 10_000, at: time(0))
        #expect(!controller.isFlowing)
        _ = controller.update(depth: 0, inFlight: 7501, at: time(1))
        #expect(!controller.isFlowing)
        _ = controller.update(depth: 0, inFlight: 7500, at: time(2))
        #expect(controller.isFlowing)
    }

    @Test func resultsThatFindNoRoomHoldAsAFullQueueDoes() {
        var controller = BackpressureController(.init())
        #expect(controller.update(depth: 0, inFlight: 5, isOutputFull: true, at: time(0)) == .goesOn)
        #expect(!controller.isFlowing)
        #expect(controller.update(depth: 0, inFlight: 5, isOutputFull: true, at: time(100)) == .mayPause)
        #expect(controller.update(depth: 0, inFlight: 5, at: time(300)) == .mayResume)
        #expect(controller.isFlowing)
    }
}
