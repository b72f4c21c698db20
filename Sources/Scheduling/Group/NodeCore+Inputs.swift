/// What follows from what the node hears.
extension NodeCore {
    /// A commit at the end of an assignment may take so long, also on brokers that have much to do: another member waits,
    /// but would run again what is not committed.
    static let revokeCommitMs = 5000
    /// How long partitions are not read for want of what their commits say; after that they are read without it.
    static let questionPatienceMs = 15_000
    static let questionAgainMs = 500
    /// How long a log must seem to end before what was done of it to be taken for another. A new leader shows records only
    /// up to where it knows its followers to be, which may be lower than what the old one has shown, until each of them
    /// has fetched or is left out of those in sync (`replica.lag.time.max.ms`, 30 s).
    static let earlyEndPatienceMs = 40_000

    /// - Parameter dispatcher: what the slots share; lent under its lock.
    /// - Returns: what is to be done, in this order, once the lock is released.
    package mutating func handle(
        _ input: NodeInput, _ dispatcher: inout Dispatcher, at now: MonotonicTime
    ) -> [NodeAction] {
        tell(&dispatcher)
        // Before any of them leaves.
        noteFailed(dispatcher.takeRetried())
        switch input {
        case .assigned(let partitions, let isCooperative):
            self.isCooperative = isCooperative
            assigned(partitions, &dispatcher, now)
        case .revoked(let partitions, let isLost): revoked(Set(partitions), isLost: isLost, &dispatcher, now)
        case .committedBefore(let stored, let number):
            if !resolve(stored, number, now) { committedBefore(stored, number, now) }
        case .commitAnswered(let number, let stored, let hasFailure):
            for part in commits.noteAnswered(number, again: hasFailure) where stored.contains(part.partition) {
                book.noteCommitted(part)
            }
        case .transactionAnswered(let number, let answer, let hasRefusal):
            transactionAnswered(number, answer, hasRefusal: hasRefusal, now)
        case .logReset(let partition):
            forgetPlace(partition)
            beginning.insert(partition)
            book.restart(partition)
        case .ends(let ends): noteEnds(ends, now)
        case .positions(let positions): noteRead(positions)
        case .prefetched(let found): adjust(to: found, &dispatcher, now)
        case .stop(let drainMs): beginDrain(drainMs, &dispatcher, now)
        case .fail: fail(now)
        case .turn(let surroundings):
            let abandoned = dispatcher.takeAbandoned()
            if !PlantedBug.forgetsAbandoned.isPlanted { abandon(abandoned) }
            wake(dispatcher.queueDue(at: now))
            advanceEnd(surroundings, &dispatcher, now)
            advanceRevocation(surroundings, &dispatcher, now)
            askAgain(now)
            if isTransactional { advanceTransactions(surroundings, now) } else { commitIfDue(now) }
            if !overfull.isEmpty { noteMetadataFits(now) }
        }
        if hasToTell { tell(&dispatcher) }
        return takeActions()
    }

    /// When something is to be done though nothing has happened. What a turn would not do now must not make the next one
    /// due: that would be one after the other.
    ///
    /// - Parameter delayed: when the time of a step's next run comes.
    package func nextDeadline(
        _ backpressure: BackpressureController, delayed: MonotonicTime? = nil
    ) -> MonotonicTime? {
        let revocation = group.revocation?.deadline
        let mayCommit = !isTransactional && revocation == nil && phase.commitsWhatIsDone
        let commit = mayCommit ? commits.nextDeadline(intervalMs: settings.commitIntervalMs) : nil
        // Only a running node takes, and so looks at its queue.
        let hold = phase == .running ? pauseDeadline(backpressure) : nil
        let questions = group.ownership.questions
        let question = questions.isEmpty ? nil : questions.compactMap(\.askedAgainAt).min()
        let never = MonotonicTime(nanoseconds: .max)
        let next = min(
            phase.deadline ?? never, hold ?? never, commit ?? never, revocation ?? never, question ?? never,
            delayed ?? never, transactionDeadline ?? never)
        return next < never ? next : nil
    }

    // MARK: Assigned

    private mutating func assigned(
        _ partitions: [Int32], _ dispatcher: inout Dispatcher, _ now: MonotonicTime
    ) {
        lastQuestion += 1
        group.assign(
            CommitQuestion(
                number: lastQuestion, partitions: Set(partitions),
                // What runs again has a second result, which exactly once does not allow.
                patience: isTransactional ? nil : now.adding(milliseconds: Self.questionPatienceMs)),
            isCooperative: isCooperative)
        book.assign(partitions, at: now)
        for partition in partitions { forgetPlace(partition) }
        actions.append(.assign(partitions))
        // librdkafka's pause outlives an assignment. What comes in paused has nothing kept: it is resumed when the node
        // next takes. What comes in while the node holds is paused as the others are.
        if PlantedBug.resumesWhatIsNotPaused.isPlanted { actions.append(.resume(partitions)) }
        notePaused(&dispatcher, now)
        if !partitions.isEmpty { actions.append(.askCommitted(partitions, number: lastQuestion)) }
        actions.append(.tell(.assigned(partitions)))
    }

    private mutating func committedBefore(
        _ answers: [Int32: StoredCommit]?, _ number: UInt64, _ now: MonotonicTime
    ) {
        guard let question = group.ownership.questions.first(where: { $0.number == number }) else { return }
        guard let answers else {
            return group.repeatLater(number, at: now.adding(milliseconds: Self.questionAgainMs))
        }
        for partition in question.partitions.sorted() {
            guard let metadata = answers[partition]?.metadata else { continue }
            do throws(CommitMetadataCodec.Problem) {
                book.claim(partition, try CommitMetadataCodec.decode(metadata))
            } catch {
                actions.append(.tell(.metadataIgnored(partition, error)))
            }
        }
        group.settle(question)
    }

    private mutating func askAgain(_ now: MonotonicTime) {
        for question in group.ownership.questions {
            guard question.patience.map({ now < $0 }) ?? true else {
                group.settle(question)
                actions.append(.tell(.metadataUnknown(question.partitions.sorted())))
                continue
            }
            guard let time = question.askedAgainAt, now >= time else { continue }
            lastQuestion += 1
            group.ask(lastQuestion, insteadOf: question.number)
            actions.append(.askCommitted(question.partitions.sorted(), number: lastQuestion))
        }
    }

    // MARK: Revoked

    private mutating func revoked(
        _ partitions: Set<Int32>, isLost: Bool, _ dispatcher: inout Dispatcher, _ now: MonotonicTime
    ) {
        if !PlantedBug.keepsQueuedOfRevoked.isPlanted { abandon(dispatcher.dropQueued(partitions: partitions)) }
        actions.append(.tell(.revoked(partitions.sorted(), isLost: isLost)))
        // Leaving: all has been waited for and committed before.
        if group.isLeaving { return giveUp(partitions, isLost: isLost, &dispatcher, now) }
        group.revoke(partitions, until: now.adding(milliseconds: settings.revokeDrainMs))
        // Lost: somebody else has them already.
        if isLost, !PlantedBug.waitsForLost.isPlanted, let all = group.revocation?.partitions {
            return giveUp(all, isLost: true, &dispatcher, now)
        }
        dispatcher.isDrainAwaited = true
    }

    private mutating func advanceRevocation(
        _ surroundings: NodeInput.Surroundings, _ dispatcher: inout Dispatcher, _ now: MonotonicTime
    ) {
        guard let revocation = group.revocation else { return }
        abandon(dispatcher.dropDelayed(partitions: revocation.partitions))
        let isOver = now >= revocation.deadline || surroundings.assignmentLost
        if revocation.isCommitting {
            // A transaction that is under way is waited for: it has the partitions' offsets, or may have.
            let isPending = isTransactional ? hasToTransact(revocation.partitions) : commits.isPending
            if !isPending || isOver { giveUp(revocation.partitions, isLost: false, &dispatcher, now) }
            return
        }
        guard isOver || !revocation.partitions.contains(where: { inFlight.count(of: $0) > 0 }) else { return }
        let hasMore =
            !surroundings.assignmentLost
            && (isTransactional ? hasToTransact(revocation.partitions) : commit(of: revocation.partitions, now))
        guard hasMore else {
            return giveUp(revocation.partitions, isLost: false, &dispatcher, now)
        }
        group.commitRevoked(until: now.adding(milliseconds: Self.revokeCommitMs))
    }

    mutating func giveUp(
        _ partitions: Set<Int32>, isLost: Bool, _ dispatcher: inout Dispatcher, _ now: MonotonicTime
    ) {
        // Who has the partitions next runs these steps again: here they would only publish a second result.
        // So do those that have come back into the queue meanwhile, when their hosts were lost.
        let slots = PlantedBug.keepsRunningOfRevoked.isPlanted ? [] : dispatcher.giveUpRunning(partitions: partitions)
        if !PlantedBug.keepsQueuedOfRevoked.isPlanted { abandon(dispatcher.dropQueued(partitions: partitions)) }
        if !slots.isEmpty { actions.append(.endHosts(slots)) }
        book.release(isCooperative ? partitions : partitions.union(owned), at: now)
        for partition in partitions {
            forgetPlace(partition)
            beginning.remove(partition)
            overfull[partition] = nil
        }
        if !isCooperative { overfull = [:] }
        group.giveUp(partitions, isCooperative: isCooperative)
        dropPublished()
        notePaused(&dispatcher, now)
        actions += [.unassign(partitions.sorted()), .tell(.gaveUp(partitions.sorted(), isLost: isLost))]
        if case .running = phase { dispatcher.isDrainAwaited = false }
    }

    // MARK: Commits and logs

    private mutating func commitIfDue(_ now: MonotonicTime) {
        // While partitions are given up their own commit is under way.
        guard group.revocation == nil, phase.commitsWhatIsDone,
            commits.isDue(at: now, intervalMs: settings.commitIntervalMs)
        else { return }
        _ = commit(of: nil, now)
    }

    /// Sends a commit of what is done; false when there is nothing to commit.
    mutating func commit(of partitions: Set<Int32>?, _ now: MonotonicTime) -> Bool {
        let parts = book.commits(of: partitions)
        guard !parts.isEmpty else {
            if partitions == nil { commits.noteNothing() }
            return false
        }
        actions.append(.commit(parts, number: commits.noteSent(parts, at: now)))
        return true
    }

    /// Behind the last record of a partition may stand what is no record: it must not look like lag for ever.
    private mutating func noteRead(_ positions: [Int32: Int64]) {
        let unread = group.untakeable
        for (partition, position) in positions where !unread.contains(partition) && !isRewinding(partition) {
            if book.noteRead(partition, to: CommitOffset(at: position)) { commits.noteDone() }
        }
    }

    /// A log that ends before what was done of it, and goes on to, is another: what has been passed over is read again.
    private mutating func noteEnds(_ ends: [Int32: Int64], _ now: MonotonicTime) {
        for (partition, end) in ends.sorted(by: { $0.key < $1.key }) {
            // Of a paused partition nothing more is heard: its end may be that of minutes ago.
            guard !paused.contains(partition), let claim = book.claimBeyond(end: end, of: partition) else {
                endingEarly[partition] = nil
                continue
            }
            let since = endingEarly[partition, default: now]
            endingEarly[partition] = since
            let isOver = now >= since.adding(milliseconds: Self.earlyEndPatienceMs)
            guard isOver || PlantedBug.believesEarlyEnd.isPlanted else { continue }
            restart(partition, from: claim.from, at: claim.last)
            actions += [.seek(partition, to: claim.from), .tell(.logChanged(partition, from: claim.from))]
        }
    }
}
