import Messages
import Testing

@testable import Scheduling

/// What follows from each answer to each call about a transaction.
@Suite struct TransactionsTests {
    /// A node that delivers exactly once, has partition 0 and two requests of it with their results.
    private final class Transacting {
        var core: NodeCore
        var dispatcher = Dispatcher(slotCount: 1, backpressure: .init())
        var tokens: [UInt64] = []
        var now = MonotonicTime(nanoseconds: 1_000_000_000)
        /// What the last input has brought.
        var actions: [NodeAction] = []

        init(enoughRequests: Int = 100) throws {
            core = NodeCore(
                .init(
                    delivery: .exactlyOnce(
                        .init(
                            intervalMs: 100, timeoutMs: 2000, enoughRequests: enoughRequests,
                            firstMark: TransactionMark(1)))))
            hear(.assigned([0], isCooperative: true))
            hear(.committedBefore([0: StoredCommit(position: nil, metadata: nil)], number: 1))
            for offset in Int64(0)..<2 { try publish(offset) }
        }

        /// A node whose commit nobody has answered, and the group is asked what it has.
        func leaveUnresolved() throws {
            try reach("commit")
            try answer(.fatal)
            guard next() == "open anew" else { throw Unexpected() }
        }

        var question: UInt64? {
            actions.lazy.compactMap { if case .askCommitted([0], let number) = $0 { number } else { nil } }.first
        }

        func publish(_ offset: Int64) throws { try publish(token: take(offset)) }

        func take(_ offset: Int64, digest: UInt64? = nil) throws -> UInt64 {
            let taken = core.take(partition: 0, offset: offset, digest: digest ?? UInt64(offset), bytes: 1)
            guard case .run(_, let token, _) = taken else { throw Unexpected() }
            core.plan(inFlightRequest(token, offset: offset))
            return token
        }

        func publish(token: UInt64) throws {
            tokens.append(token)
            guard core.published(token, .result, .completed, bytes: 1) else { throw Unexpected() }
        }

        func hear(_ input: NodeInput) { actions = core.handle(input, &dispatcher, at: now) }
        func turn(after milliseconds: Int = 0) {
            now = now.adding(milliseconds: milliseconds)
            hear(.turn(.init()))
        }

        var asked: (call: TransactionCall, number: UInt64)? {
            actions.lazy.compactMap {
                if case .transaction(let call, let number) = $0 { (call, number) } else { nil }
            }.first
        }

        var inFlight: Int { core.inFlight.load.count }
        var isFailing: Bool { core.isFailing }
        var owned: Set<Int32> { core.owned }
        var deadline: MonotonicTime? { core.nextDeadline(dispatcher.backpressure) }
        func takeSettled() -> [UInt64] { core.takeSettled().map(\.token) }

        /// Answers what has been asked.
        func answer(_ answer: TransactionAnswer, hasRefusal: Bool = false) throws {
            let asked = try #require(asked)
            hear(.transactionAnswered(number: asked.number, answer, hasRefusal: hasRefusal))
        }

        /// Goes on until this call is asked for.
        func reach(_ name: String) throws {
            turn()
            for _ in 0..<6 where asked?.call.word != name {
                try answer(name == "abort" && asked?.call.word == "add offsets" ? .abortable : .done)
                if asked == nil { turn() }
            }
            try #require(asked?.call.word == name)
        }

        /// What comes next, at once or after a while.
        func next() -> String {
            let first = word
            if first != "" { return first }
            turn(after: 1000)
            return word
        }

        private var word: String {
            if actions.contains(.settled) { return "settled" }
            if actions.contains(.tell(.transactionFenced)) { return "end" }
            return asked?.call.word ?? ""
        }
    }

    private struct Unexpected: Error {}

    private static let expected: [String: [TransactionAnswer: String]] = [
        "open anew": [
            .done: "begin", .again: "open", .abortable: "open", .fenced: "end", .fatal: "open anew",
        ],
        "begin": [
            .done: "add offsets", .again: "abort", .abortable: "abort", .fenced: "end", .fatal: "open anew",
        ],
        "add offsets": [
            .done: "commit", .again: "add offsets", .abortable: "abort", .fenced: "end", .fatal: "open anew",
        ],
        "commit": [
            .done: "settled", .again: "commit", .abortable: "abort", .fenced: "end", .fatal: "open anew",
        ],
        "abort": [
            .done: "begin", .again: "abort", .abortable: "open anew", .fenced: "end", .fatal: "open anew",
        ],
    ]

    @Test(arguments: ["open anew", "begin", "add offsets", "commit", "abort"], TransactionAnswer.allCases)
    func eachAnswerToEachCallHasOneConsequence(call: String, answer: TransactionAnswer) throws {
        let node = try Transacting()
        try node.reach(call)
        try node.answer(answer)
        #expect(node.next() == Self.expected[call]?[answer])
        #expect(node.isFailing == (answer == .fenced))
    }

    @Test func aTransactionHasTheResultsAndWhatIsDoneWithThem() throws {
        let node = try Transacting()
        try node.reach("begin")
        #expect(node.asked?.call == .begin(node.tokens))
        try node.answer(.done)
        guard case .addOffsets(let parts) = node.asked?.call else { throw Unexpected() }
        #expect(parts.map(\.position) == [CommitOffset(at: 2)])
        #expect(node.inFlight == 2)
        try node.answer(.done)
        try node.answer(.done)
        #expect(node.actions.contains(.settled))
        #expect(node.takeSettled() == node.tokens)
        #expect(node.inFlight == 0)
        node.turn(after: 1000)
        #expect(node.asked == nil)
    }

    @Test func whatWasAbortedComesFirstInTheNextOne() throws {
        let node = try Transacting()
        try node.reach("abort")
        try node.publish(2)
        try node.answer(.done)
        #expect(node.next() == "begin")
        #expect(node.asked?.call == .begin(node.tokens))
    }

    @Test func halfAsManyFollowOnARefusalUntilWhatIsRefusedIsAlone() throws {
        let node = try Transacting()
        try node.publish(2)
        try node.publish(3)
        var counts: [Int] = []
        for _ in 0..<4 {
            try node.reach("begin")
            guard case .begin(let tokens) = node.asked?.call else { throw Unexpected() }
            counts.append(tokens.count)
            try node.answer(.abortable)
            try node.answer(.done, hasRefusal: true)
        }
        #expect(counts == [4, 2, 1, 1])
    }

    @Test func aCommitThatNobodyHasAnsweredIsSettledByWhatTheGroupHas() throws {
        for isCommitted in [false, true] {
            let node = try Transacting()
            try node.leaveUnresolved()
            try node.answer(.done)
            node.hear(.committedBefore([0: stored(by: isCommitted ? 1 : 7)], number: try #require(node.question)))
            #expect(node.actions.contains(.settled) == isCommitted)
            #expect(node.next() == (isCommitted ? "settled" : "begin"))
        }
    }

    private func stored(by transaction: UInt64) -> StoredCommit {
        let metadata = CommitMetadataCodec.encode([], transaction: TransactionMark(transaction))
        return StoredCommit(position: 2, metadata: metadata)
    }

    private func expectCommit(of node: Transacting, at offset: Int64, markedAs transaction: UInt64) throws {
        guard case .addOffsets(let parts) = node.asked?.call else { throw Unexpected() }
        #expect(parts.map(\.position) == [CommitOffset(at: offset)])
        let metadata = try #require(parts.first?.metadata)
        #expect(try CommitMetadataCodec.decode(metadata).transaction == TransactionMark(transaction))
    }

    @Test func whereTheLogIsCutMeanwhileTheMarkStillTells() throws {
        for isCommitted in [false, true] {
            let node = try Transacting()
            try node.leaveUnresolved()
            try node.answer(.done)
            let question = try #require(node.question)
            node.hear(.logReset(0))
            node.hear(.committedBefore([0: stored(by: isCommitted ? 1 : 7)], number: question))
            #expect(node.actions.contains(.settled) == isCommitted)
            // Their log is gone: nobody else publishes them.
            #expect(node.next() == (isCommitted ? "settled" : "begin"))
        }
    }

    @Test func resultsOfALogThatIsGoneHaveAMarkBeforeAnythingOfTheNewOneIsTaken() throws {
        let node = try Transacting()
        node.hear(.logReset(0))
        try node.reach("add offsets")
        try expectCommit(of: node, at: 0, markedAs: 1)
    }

    @Test func aTransactionOfResultsWithNothingNewToCommitHasItsMarkAllTheSame() throws {
        let node = try Transacting()
        try node.reach("commit")
        try node.answer(.done)
        let (first, second) = (try node.take(2), try node.take(3))
        node.hear(.logReset(0))
        _ = try node.take(0, digest: 100)
        // The commit goes back to where the new log begins.
        try node.publish(token: first)
        node.turn(after: 1000)
        for _ in 0..<3 { try node.answer(.done) }
        #expect(node.takeSettled().last == first)
        // And stays there: of the log that is gone there is nothing to commit.
        try node.publish(token: second)
        node.turn(after: 1000)
        try node.answer(.done)
        try expectCommit(of: node, at: 0, markedAs: 3)
    }

    @Test func aCommitThatWasTriedBeforeIsNotTakenForAborted() throws {
        let node = try Transacting()
        try node.reach("commit")
        try node.answer(.again)
        node.turn(after: 100)
        try node.answer(.abortable)
        #expect(node.next() == "open anew")
    }

    @Test func aTransactionThatTookTooLongHasANewProducerAndNoOneElse() throws {
        let node = try Transacting()
        try node.reach("add offsets")
        node.now = node.now.adding(milliseconds: 3000)
        try node.answer(.fenced)
        #expect(!node.isFailing)
        #expect(node.next() == "open anew")
    }

    @Test func resultsOfAPartitionThatWasGivenUpAreDropped() throws {
        let node = try Transacting()
        try node.reach("abort")
        let number = try #require(node.asked?.number)
        node.hear(.revoked([0], isLost: true))
        node.hear(.transactionAnswered(number: number, .done, hasRefusal: false))
        #expect(node.inFlight == 0)
        node.turn(after: 1000)
        #expect(node.asked == nil)
    }

    @Test func aPartitionIsNotGivenUpBeforeItsTransactionIsOver() throws {
        let node = try Transacting()
        try node.reach("commit")
        let number = try #require(node.asked?.number)
        node.hear(.revoked([0], isLost: false))
        node.turn()
        #expect(node.owned == [0])
        node.hear(.transactionAnswered(number: number, .done, hasRefusal: false))
        node.turn()
        #expect(node.owned.isEmpty)
        #expect(node.actions.contains(.unassign([0])))
    }

    @Test func aTransactionIsNotCommittedWhosePartitionHasLeft() throws {
        let node = try Transacting()
        try node.reach("add offsets")
        let number = try #require(node.asked?.number)
        node.hear(.revoked([0], isLost: true))
        node.hear(.transactionAnswered(number: number, .done, hasRefusal: false))
        #expect(node.asked?.call == .abort)
    }

    @Test func aTransactionWaitsForItsTimeOrForEnough() throws {
        let node = try Transacting(enoughRequests: 3)
        try node.reach("commit")
        try node.answer(.done)
        for offset in Int64(2)..<4 { try node.publish(offset) }
        node.turn(after: 50)
        #expect(node.asked == nil)
        #expect(node.deadline == node.now.adding(milliseconds: 50))
        try node.publish(4)
        node.turn()
        #expect(node.asked?.call == .begin(Array(node.tokens[2...])))
    }

    @Test func theNodesEndWaitsForTheLastTransaction() throws {
        let node = try Transacting()
        try node.reach("begin")
        let number = try #require(node.asked?.number)
        node.hear(.stop(drainMs: 10))
        node.turn(after: 20)
        #expect(!node.actions.contains(.leave))
        node.hear(.transactionAnswered(number: number, .done, hasRefusal: false))
        try node.answer(.done)
        try node.answer(.done)
        node.turn()
        #expect(node.actions.contains(.leave))
    }
}

extension TransactionCall {
    fileprivate var word: String {
        switch self {
        case .open(let isNew): isNew ? "open anew" : "open"
        case .begin: "begin"
        case .addOffsets: "add offsets"
        case .commit: "commit"
        case .abort: "abort"
        }
    }
}
