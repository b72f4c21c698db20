/// From which partitions how much may be taken.
extension Dispatcher {
    /// Partitions from which nothing is to be taken now: theirs are the steps that wait, and those fill their part of
    /// the queue.
    package mutating func partitionsToHold() -> Set<Int32> { partitionsToHold(waiting: waitingCount) }

    private mutating func partitionsToHold(waiting: Int) -> Set<Int32> {
        holdsPartitions = waiting >= waitingBound
        let held = holdsPartitions ? queue.waitingPartitions(for: admission) : []
        return holdsOfDelayed ? held.union(queue.delayed.partitions) : held
    }

    /// `capacity` and `partitionsToHold` in one: what waits is looked at once.
    package mutating func openings() -> (room: Int, held: Set<Int32>) {
        guard uncountedRoom > 0 else { return (0, []) }
        let waiting = waitingCount
        return (room(waiting: waiting), partitionsToHold(waiting: waiting))
    }

    /// How many requests may be taken from Kafka now.
    package var capacity: Int { uncountedRoom > 0 ? room(waiting: waitingCount) : 0 }

    /// The same, whatever waits.
    var uncountedRoom: Int {
        guard backpressure.isFlowing, !isStopping else { return 0 }
        return max(0, min(queue.room - slots.aheadCount, backpressure.settings.maxInFlight - inFlight.count))
    }

    /// As many wait for their next run as may be queued. Of their partitions nothing is taken: what comes of them may fail
    /// as they have.
    private var holdsOfDelayed: Bool { queue.delayed.count >= queue.bound }

    /// Where too many wait already, what comes is looked at one by one: each may be one more.
    func room(waiting: Int) -> Int { min(uncountedRoom, max(1, waitingBound - waiting)) }
}
