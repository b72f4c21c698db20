import Testing

@testable import Scheduling

/// Every way an attempt can end, against the rules in the words of States.
@Suite struct DispositionTests {
    private static let kinds = AttemptEnd.Kind.allCases
    private static let endings: [HostEnding?] = [nil] + HostEnding.allCases

    /// Every end there is, each with the number of its attempt.
    private static let all: [(end: AttemptEnd, attempt: Int)] = kinds.flatMap { kind in
        [true, false].flatMap { isDelivered in
            AttemptEnd.Before.allCases.flatMap { before in
                [true, false].flatMap { hadLeftovers in
                    endings.flatMap { ending in
                        [1, 2, 3, 4].map { attempt in
                            let end = AttemptEnd(
                                kind, isDelivered: isDelivered, after: before, hadLeftovers: hadLeftovers,
                                ending: ending)
                            return (end, attempt)
                        }
                    }
                }
            }
        }
    }

    /// How often it may be run again for such an end, by the first and second attempt's count alone.
    private func mostAttempts(
        _ kind: AttemptEnd.Kind, isDelivered: Bool = true, after before: AttemptEnd.Before = .nothing,
        hadLeftovers: Bool = false
    ) -> Int {
        let end = AttemptEnd(kind, isDelivered: isDelivered, after: before, hadLeftovers: hadLeftovers)
        let first = (1...5).first { Disposition.of(end, attempt: $0) == .publish }
        // Once it is published, it is for all later attempts.
        let isMonotonic = first.map { ($0...9).allSatisfy { Disposition.of(end, attempt: $0) == .publish } } ?? false
        return isMonotonic ? first ?? 0 : 0
    }

    @Test func whatIsAnsweredOrOverIsPublishedWhateverElseIsTrue() {
        for (end, attempt) in Self.all where end.kind == .answered {
            #expect(Disposition.of(end, attempt: attempt) == .publish)
        }
    }

    @Test func whatTheNodeHasEndedItselfIsRunAgainHoweverOftenAndCounts() {
        for (end, attempt) in Self.all where end.kind != .answered && end.ending != nil && end.ending != .cancelled {
            #expect(Disposition.of(end, attempt: attempt) == .again(.counted), "\(end), attempt \(attempt)")
            #expect(Disposition.of(end, attempt: 1000) == .again(.counted))
        }
        for (end, attempt) in Self.all where end.ending == .cancelled {
            #expect(Disposition.of(end, attempt: attempt) == .publish, "nobody wants it any more")
        }
    }

    @Test func whatNoHostHasHadIsRunAgainHoweverOftenAndDoesNotCount() {
        for (end, attempt) in Self.all where end.kind == .notBegun && end.ending == nil {
            #expect(Disposition.of(end, attempt: attempt) == .again(.uncounted), "\(end), attempt \(attempt)")
        }
    }

    @Test func whoAskedForALockAmongOthersRunsAgainAlone() {
        for (end, attempt) in Self.all where end.kind == .wantedLock && end.ending == nil {
            #expect(Disposition.of(end, attempt: attempt) == .again(.alone), "\(end), attempt \(attempt)")
        }
    }

    /// What is left: the host was lost, or of no more use, and the node has not ended it.
    @Test(arguments: [
        // kind, nothing before, answered before, others under way, not delivered, leftovers
        (AttemptEnd.Kind.timedOut, 1, 1, 1, 1, 1),
        (.babbled, 1, 3, 3, 1, 1),
        (.refused, 1, 3, 3, 1, 1),
        (.gone, 1, 3, 3, 3, 1),
        (.overMemory, 1, 1, 3, 3, 3),
        (.lost, 1, 1, 3, 3, 1),
    ])
    func thereAreThreeAttemptsWhereStepsBeforeMayBeToBlameElseOne(
        kind: AttemptEnd.Kind, nothing: Int, answered: Int, underWay: Int, notDelivered: Int, leftovers: Int
    ) {
        #expect(mostAttempts(kind) == nothing)
        #expect(mostAttempts(kind, after: .answered) == answered)
        #expect(mostAttempts(kind, after: .underWay) == underWay)
        #expect(mostAttempts(kind, isDelivered: false) == notDelivered)
        #expect(mostAttempts(kind, hadLeftovers: true) == leftovers)
    }

    /// One reason is enough, and each of them counts as an attempt.
    @Test func severalReasonsAreNoMoreThanOne() {
        let blamed: Set<AttemptEnd.Kind> = [.timedOut, .babbled, .refused, .gone, .overMemory, .lost]
        for (end, attempt) in Self.all where end.ending == nil && blamed.contains(end.kind) {
            let most =
                [
                    mostAttempts(end.kind, after: end.before), mostAttempts(end.kind, isDelivered: end.isDelivered),
                    mostAttempts(end.kind, hadLeftovers: end.hadLeftovers),
                ].max() ?? 0
            let expected: Disposition = attempt < most ? .again(.counted) : .publish
            #expect(Disposition.of(end, attempt: attempt) == expected, "\(end), attempt \(attempt)")
        }
    }

    @Test func thePolicySaysHowManyAttemptsThereAre() {
        let end = AttemptEnd(.gone, isDelivered: false)
        for most in 1...5 {
            let policy = RetryPolicy(maximumAttempts: most, firstDelayMs: 0, maximumDelayMs: 0)
            let run = (1...9).prefix { Disposition.of(end, attempt: $0, policy: policy) == .again(.counted) }
            #expect(run.count == most - 1)
        }
        #expect(RetryPolicy.attempts.maximumAttempts == 3)
    }

    @Test func nothingIsAbandonedBeforeItIsPutBack() {
        #expect(Self.all.allSatisfy { Disposition.of($0.end, attempt: $0.attempt) != .abandon })
    }

    @Test func whatWouldRunAgainIsAbandonedWhereTheNodeRunsItNoMore() {
        let again: [Disposition] = [.again(.counted), .again(.uncounted), .again(.alone)]
        for disposition in again {
            #expect(disposition.here(isOver: false) == disposition)
            #expect(disposition.here(isOver: true) == .abandon)
        }
        for isOver in [false, true] {
            #expect(Disposition.publish.here(isOver: isOver) == .publish)
            #expect(Disposition.abandon.here(isOver: isOver) == .abandon)
        }
    }
}
