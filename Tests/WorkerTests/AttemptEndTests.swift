import Scheduling
import Testing

@testable import Hosting
@testable import Worker

/// What a slot makes of a step's end before it asks what follows.
@Suite struct AttemptEndTests {
    private static let memory = LimitBreach(resource: .memory, limit: 64, peak: 65)
    private static let processes = LimitBreach(resource: .processes, limit: 64, peak: 65)

    private func reduced(
        _ end: StepEnd, after before: AttemptEnd.Before = .nothing, hadLeftovers: Bool = false,
        ending: HostEnding? = nil
    ) -> AttemptEnd {
        AttemptEnd(end, after: before, hadLeftovers: hadLeftovers, ending: ending)
    }

    private static let losses: [(HostLoss.Kind, AttemptEnd.Kind)] = [
        (.exited(code: 1), .gone), (.closedOutput, .gone), (.closedInput, .gone), (.brokenFrame("half"), .gone),
        (.signalled(9), .lost), (.frameTooLong(bytes: 1 << 30), .lost), (.spokeOutOfTurn(bytes: 1), .lost),
        (.silent, .lost), (.unreachable(errno: 5), .lost), (.ended, .lost), (.exceeded(processes), .lost),
        (.exceeded(memory), .overMemory), (.wantedLockAmongOthers, .wantedLock),
    ]

    @Test(arguments: losses) func aLostHostIsOneOfFourKinds(kind: HostLoss.Kind, reducedTo: AttemptEnd.Kind) {
        for isDelivered in [true, false] {
            let end = reduced(.crashed(HostLoss(kind: kind, requestDelivered: isDelivered, errorOutput: "")))
            #expect(end.kind == reducedTo && end.isDelivered == isDelivered)
        }
    }

    @Test func everyOtherEndIsItsOwn() {
        #expect(reduced(.timedOut).kind == .timedOut)
        #expect(reduced(.babbled("{")).kind == .babbled)
        #expect(reduced(.refused(Self.memory)).kind == .refused)
        let over: [StepEnd] = [
            .expired, .unstartable("no such file"), .disabled, .suspended(retryMs: 1), .unsendable("too long"),
        ]
        for end in over { #expect(Disposition.of(reduced(end, ending: .withNode), attempt: 1) == .publish) }
    }

    @Test func whatIsKnownBesideTheEndGoesAlong() {
        let end = reduced(.timedOut, after: .underWay, hadLeftovers: true, ending: .givenUp)
        #expect(end.before == .underWay && end.hadLeftovers && end.ending == .givenUp && end.isDelivered)
    }
}
