package import Messages

/// Exactly once: results and commits in transactions.
///
/// A result waits in the node until a transaction has it together with its offset. So a request is done when that is
/// committed, and not before; and where it is not, the result is there for the next one, unless its partition is another
/// node's by then, who runs the request again.
extension NodeCore {
    /// Whether a transaction has this node's results.
    package var isTransactional: Bool { transactions != nil }

    /// A message of a request waits for a transaction.
    ///
    /// - Returns: false where the request is not this node's any more: the message is not to be published.
    package mutating func published(
        _ token: UInt64, _ part: MessagePart, _ status: ResultStatus, bytes: Int
    ) -> Bool {
        guard let place = inFlight.place(of: token), !isGone(place) else {
            abandon(token)
            return false
        }
        transactions?.publish(token, part, status, bytes: bytes)
        return true
    }

    /// What transactions have made done since this was last asked for.
    package mutating func takeSettled() -> [InFlightRequest] {
        defer { settled = [] }
        return settled
    }

    /// Somebody else has its partition, or its record is done.
    private func isGone(_ request: (coordinates: RequestCoordinates, digest: UInt64)) -> Bool {
        !PlantedBug.publishesWhatIsOthers.isPlanted && book.isGone(request.coordinates, digest: request.digest)
    }

    private func isGone(_ token: UInt64) -> Bool {
        guard let place = inFlight.place(of: token) else { return true }
        return isGone(place)
    }

    private mutating func abandon(_ token: UInt64) {
        inFlight.abandon(token)
        actions.append(.dropMessages([token]))
    }

    /// Results of partitions that this node has no more are not published.
    mutating func dropPublished() {
        let gone = (transactions?.waiting ?? []).filter { isGone($0) }
        guard !gone.isEmpty else { return }
        transactions?.drop(Set(gone))
        for token in gone { inFlight.abandon(token) }
        actions.append(.dropMessages(gone))
    }

    // MARK: Time passes

    private var mayTransact: Bool {
        switch phase {
        case .running, .draining, .committing: !isFailing
        case .leaving, .ended: false
        }
    }

    private var isHurried: Bool { group.revocation != nil || phase != .running }

    /// Whether something of these partitions, or of all, is still to be committed or under way.
    mutating func hasToTransact(_ partitions: Set<Int32>? = nil) -> Bool {
        guard let transactions else { return false }
        if transactions.isBusy || !book.commits(of: partitions).isEmpty { return true }
        return transactions.waiting.contains { token in
            inFlight.place(of: token).map { partitions?.contains($0.coordinates.partition) ?? true } ?? false
        }
    }

    var transactionDeadline: MonotonicTime? {
        mayTransact ? transactions?.dueTime(hasNews: commits.hasNews, isHurried: isHurried) : nil
    }

    mutating func advanceTransactions(_ surroundings: NodeInput.Surroundings, _ now: MonotonicTime) {
        guard mayTransact, let due = transactions?.due(hasNews: commits.hasNews, isHurried: isHurried, at: now) else {
            return
        }
        switch due {
        case .call(.addOffsets) where !isCurrentOurs: abort(now)
        case .call(let call): ask(call, now)
        case .ask: askWhatIsCommitted()
        // A commit would be refused, until the node has heard of it.
        case .begin where surroundings.assignmentLost: transactions?.tryAgain(after: now)
        case .begin: beginTransaction(now)
        }
    }

    private mutating func ask(_ call: TransactionCall, _ now: MonotonicTime) {
        guard let number = transactions?.noteAsked(call, at: now) else { return }
        actions.append(.transaction(call, number: number))
    }

    private mutating func beginTransaction(_ now: MonotonicTime) {
        dropPublished()
        guard let requests = transactions?.takeWaiting() else { return }
        // The same record may have been taken twice, and both runs have their results: the first counts.
        var projection = book
        var kept: [Transactions.Published] = []
        for request in requests {
            if finish(request.token, in: &projection) { kept.append(request) } else { abandon(request.token) }
        }
        guard !kept.isEmpty || !projection.commits().isEmpty else { return commits.noteNothing() }
        commits.noteTaken()
        transactions?.begin(kept, at: now)
        ask(.begin(kept.map(\.token)), now)
    }

    private func finish(_ token: UInt64, in projection: inout LedgerBook) -> Bool {
        guard let place = inFlight.place(of: token) else { return false }
        return projection.finish(place.coordinates, digest: place.digest) || PlantedBug.publishesWhatIsOthers.isPlanted
    }

    /// What the transaction under way says to be committed; nil where something in it is not this node's any more.
    private mutating func partsOfCurrent() -> [PartitionCommit]? {
        guard let current = transactions?.current else { return [] }
        var projection = book
        for request in current.requests where !finish(request.token, in: &projection) { return nil }
        let partitions = Set(current.requests.compactMap { inFlight.place(of: $0.token)?.coordinates.partition })
        return PlantedBug.publishesWithoutOffsets.isPlanted
            ? book.commits(in: current.mark, with: partitions) : projection.commits(in: current.mark, with: partitions)
    }

    /// Whether the commits of the transaction under way speak for the present assignments of their partitions.
    private var isCurrentOurs: Bool {
        PlantedBug.commitsWhatHasLeft.isPlanted
            || (transactions?.current?.parts ?? []).allSatisfy { book[$0.partition]?.generation == $0.generation }
    }

    // MARK: Answers

    mutating func transactionAnswered(
        _ number: UInt64, _ answer: TransactionAnswer, hasRefusal: Bool, _ now: MonotonicTime
    ) {
        guard let call = transactions?.takeAsked(number) else { return }
        if hasRefusal { transactions?.noteRefusal() }
        switch (call, answer) {
        case (_, .fenced): fenced(call, now)
        case (.open, .done): opened()
        case (.open, .again), (.open, .abortable): transactions?.tryAgain(after: now)
        // There is no transaction then but an unresolved one.
        case (.open, .fatal): transactions?.close(isUnresolved: true, at: now)
        case (.begin, .done):
            guard let parts = partsOfCurrent(), !parts.isEmpty else { return abort(now) }
            transactions?.addOffsets(parts)
            proceed(to: .addingOffsets, .addOffsets(parts), now)
        case (.addOffsets, .done), (.addOffsets, .again):
            // A partition has left since, or its log is another: what this says of it is about something that is gone.
            guard isCurrentOurs else { return abort(now) }
            if answer == .done { return proceed(to: .committing, .commit, now) }
            if transactions?.isOutOfPatience(at: now) == true { abort(now) } else { transactions?.tryAgain(after: now) }
        case (.commit, .done): committed()
        case (.abort, .done): aborted(now)
        // What has been tried before may be done: then there is nothing to abort.
        case (.commit, .abortable) where transactions?.isTriedAgain == true: close(now)
        case (.begin, .again), (.begin, .abortable), (.addOffsets, .abortable), (.commit, .abortable): abort(now)
        case (.commit, .again), (.abort, .again):
            if transactions?.isOutOfPatience(at: now) == true { close(now) } else { transactions?.tryAgain(after: now) }
        case (.begin, .fatal), (.addOffsets, .fatal), (.commit, .fatal), (.abort, .fatal), (.abort, .abortable):
            close(now)
        }
    }

    private mutating func proceed(to stage: Transactions.Stage, _ call: TransactionCall, _ now: MonotonicTime) {
        transactions?.goOn(to: stage)
        ask(call, now)
    }

    private mutating func abort(_ now: MonotonicTime) { proceed(to: .aborting, .abort, now) }

    /// A new producer is needed. It aborts what is open, and where a commit has been asked for, tells whether that was
    /// done.
    private mutating func close(_ now: MonotonicTime) {
        // One that was asked for may be done, whatever has been asked for since.
        let isUnresolved =
            transactions?.current?.isCommitAsked == true && !PlantedBug.takesUnknownForAborted.isPlanted
        tellEnd(isUnresolved ? .unresolved : .aborted)
        transactions?.close(isUnresolved: isUnresolved, at: now)
        commits.noteDone()
        dropPublished()
    }

    /// The broker ends a transaction that takes too long, and its producer with it; a new one goes on. Else it is another
    /// producer that has this one's id, and to take it back would be to take it by turns.
    private mutating func fenced(_ call: TransactionCall, _ now: MonotonicTime) {
        guard call.isOfTransaction, transactions?.mayHaveTimedOut(at: now) == true else {
            isFailing = true
            actions.append(.tell(.transactionFenced))
            return
        }
        close(now)
    }

    private mutating func opened() {
        guard transactions?.isBusy == true else {
            transactions?.goOn(to: .idle)
            return
        }
        askWhatIsCommitted()
    }

    private mutating func aborted(_ now: MonotonicTime) {
        tellEnd(.aborted)
        transactions?.noteAborted(at: now)
        commits.noteDone()
        dropPublished()
    }

    private mutating func committed() {
        tellEnd(.committed)
        guard let current = transactions?.takeCommitted() else { return }
        for request in current.requests {
            for (part, status) in request.parts {
                guard let done = inFlight.acknowledge(request.token, part, status) else { continue }
                book.done(done.coordinates, digest: done.digest)
                settled.append(done.request)
            }
        }
        for part in current.parts { book.noteCommitted(part) }
        actions.append(.settled)
        // Something may have become done of what another thread has said meanwhile.
        if !book.commits().isEmpty { commits.noteDone() }
    }

    private func endedRequests() -> Int { transactions?.current?.requests.count ?? 0 }

    private mutating func tellEnd(_ end: TransactionEnd) {
        actions.append(.tell(.transactionEnded(end, requests: endedRequests())))
    }

    // MARK: Unresolved

    /// Requests of the unresolved transaction that this node still has, with their partitions.
    private var unresolvedHere: [(coordinates: RequestCoordinates, digest: UInt64)] {
        (transactions?.current?.requests ?? []).compactMap { inFlight.place(of: $0.token) }.filter { !isGone($0) }
    }

    /// Its commits of partitions that nobody else has committed since.
    private var unresolvedParts: [PartitionCommit] {
        (transactions?.current?.parts ?? []).filter { book.isOfPresentAssignment($0) }
    }

    private mutating func askWhatIsCommitted() {
        let partitions = unresolvedParts.map(\.partition)
        guard !unresolvedHere.isEmpty, !partitions.isEmpty else {
            // All of it is others' by now, or it had no results: whatever became of it, the next commit says it all.
            transactions?.noteNotCommitted()
            dropPublished()
            return
        }
        lastQuestion += 1
        transactions?.goOn(to: .asking(number: lastQuestion, again: nil))
        actions.append(.askCommitted(partitions, number: lastQuestion))
    }

    /// - Returns: whether it was this that was asked.
    mutating func resolve(_ answers: [Int32: StoredCommit]?, _ number: UInt64, _ now: MonotonicTime) -> Bool {
        guard case .asking(number, _) = transactions?.stage else { return false }
        // All of it is there, or nothing: one commit that is this node's tells. A group that nobody has used answers nothing.
        let parts = unresolvedParts
        guard let answers, let current = transactions?.current,
            parts.isEmpty || answers.isEmpty || parts.contains(where: { answers[$0.partition] != nil })
        else {
            let again = now.adding(milliseconds: Self.questionAgainMs)
            transactions?.goOn(to: .asking(number: number, again: again))
            return true
        }
        let isCommitted = parts.contains { answers[$0.partition]?.isOf(current.mark) == true }
        if isCommitted || PlantedBug.takesUnknownForCommitted.isPlanted {
            committed()
        } else {
            tellEnd(.aborted)
            transactions?.noteNotCommitted()
            commits.noteDone()
            dropPublished()
        }
        return true
    }
}
