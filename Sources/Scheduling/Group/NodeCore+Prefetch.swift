/// Pauses that throw nothing away.
///
/// A client that pauses a partition throws away what it has prefetched of it, and what is under way. So what it has
/// prefetched is kept first, and taken from while the partition is paused; and a partition is paused only when nothing
/// of it is under way. It is resumed when what was kept is nearly used up: by itself, since of another there may be
/// enough for minutes.
extension NodeCore {
    /// The partitions of which has to be known what lies prefetched, to be told by `NodeInput.prefetched`: those that
    /// may be paused now, or resumed.
    package func prefetchInQuestion(at now: MonotonicTime) -> [Int32] {
        switch fetching {
        case .goesOn: []
        case .mayPause: now >= fetches.lookAgainAt ? owned.subtracting(paused).sorted() : []
        case .mayResume: paused.isEmpty ? [] : owned.intersection(paused).sorted()
        }
    }

    /// When to look again at what may be paused: nobody tells when the rest has come.
    func pauseDeadline(_ backpressure: BackpressureController) -> MonotonicTime? {
        guard fetching == .mayPause else { return backpressure.pauseDue }
        return owned.isSubset(of: paused) ? nil : fetches.lookAgainAt
    }

    mutating func adjust(
        to found: [Int32: PartitionPrefetch], _ dispatcher: inout Dispatcher, _ now: MonotonicTime
    ) {
        switch fetching {
        case .goesOn: return
        case .mayPause:
            pause(found.filter { owned.contains($0.key) && mayPause($0.key, $0.value, now) }.keys.sorted(), &dispatcher)
            fetches.lookAgain(after: now)
        case .mayResume:
            let staysPaused = PlantedBug.staysPaused.isPlanted
            resume(Set(found.filter { $0.value.isNearlyUsedUp && !staysPaused }.keys).intersection(owned))
        }
        notePaused(&dispatcher, now)
    }

    private mutating func mayPause(_ partition: Int32, _ found: PartitionPrefetch, _ now: MonotonicTime) -> Bool {
        // A client that pauses goes back to behind what it last handed out, and forgets where it is to read again from.
        guard !paused.contains(partition), !isRewinding(partition) || PlantedBug.pausesWhatRewinds.isPlanted else {
            return false
        }
        return fetches.hasCome(partition, found, at: now) || PlantedBug.pausesWhatIsComing.isPlanted
    }

    private mutating func pause(_ partitions: [Int32], _ dispatcher: inout Dispatcher) {
        guard !partitions.isEmpty else { return }
        paused.formUnion(partitions)
        dispatcher.notePause()
        actions += [.pause(partitions), .tell(.paused(partitions, depth: dispatcher.depth))]
    }

    /// Only what is paused.
    mutating func resume(_ partitions: Set<Int32>) {
        let stopped = partitions.intersection(paused).sorted()
        guard !stopped.isEmpty else { return }
        paused.subtract(stopped)
        for partition in stopped { fetches.forget(partition) }
        actions += [.resume(stopped), .tell(.resumed(stopped))]
    }

    /// What is paused of others' partitions is only a mark that outlives an assignment.
    func notePaused(_ dispatcher: inout Dispatcher, _ now: MonotonicTime) {
        dispatcher.notePaused(!paused.isDisjoint(with: owned), at: now)
    }
}
