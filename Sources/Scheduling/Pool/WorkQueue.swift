/// The steps that no slot has yet: first those that run again, then those accepted from Kafka, oldest first.
///
/// Never more than its bound have a place in it. A step that runs again takes none at first, since the consumer may be
/// reading records into all that are free: it has asked how many there are, and holds no lock meanwhile. It gets one
/// when a step leaves from behind it, or when the consumer is about to ask again (`givePlaces`).
///
/// Beside them those that wait for the time of their next run. They count for their lanes only, which they keep closed.
package struct WorkQueue: Sendable {
    /// With what is asked of each again and again.
    private struct Entry: Sendable {
        let step: Step
        let member: LaneTable.Member?

        init(_ step: Step, _ lane: LaneTable.Place?) {
            self.step = step
            member = lane.map { LaneTable.Member(lane: $0, token: step.token) }
        }
    }

    package let bound: Int
    private var entries: [Entry] = []
    private var head = 0
    /// The first so many run again and have no place yet.
    private var withoutPlace = 0
    /// Which of them wait for others of their lanes, and which of each lane hosts have.
    private(set) var lanes = LaneTable()
    private(set) var delayed = DelayedSteps()
    /// No queued step asks for more of anything. Where that fits nobody has to be asked; not lowered until the queue is
    /// empty.
    private(set) var most = ResourceLimits(cpuPercent: 0, memoryMB: 0, timeoutMs: 0)

    package init(bound: Int) {
        self.bound = bound
        entries.reserveCapacity(bound * 2)
    }

    package var count: Int { entries.count - head }
    package var isEmpty: Bool { count == 0 }

    /// How many have a place.
    package var depth: Int { count - withoutPlace }

    /// How many more may be admitted: those that run again come before them to the next places.
    package var room: Int { bound - count }

    /// The step at a place, 0 being the next one.
    package subscript(place: Int) -> Step { entries[head + place].step }

    package var all: some RandomAccessCollection<Step> { entries[head...].lazy.map(\.step) }

    /// Those that have a place.
    package var placed: some RandomAccessCollection<Step> { entries[(head + withoutPlace)...].lazy.map(\.step) }

    /// Those that run again and have none yet.
    package var unplaced: some RandomAccessCollection<Step> {
        entries[head..<(head + withoutPlace)].lazy.map(\.step)
    }

    /// Places of those that have one in the queue.
    var placedIndices: Range<Int> { withoutPlace..<count }

    // MARK: Lanes

    /// Whether the step at a place waits for others of its lane.
    func isBlocked(at place: Int) -> Bool {
        lanes.blockedCount > 0 && entries[head + place].member.map(lanes.blocks) ?? false
    }

    /// What the step at a place waits for of its lane; nil: nothing.
    func laneObstacle(at place: Int) -> WaitReason? {
        guard isBlocked(at: place) else { return nil }
        return self[place].lane?.key == nil ? .partition : .key
    }

    /// Whether the step at a place may be written to a host behind what that has: no other has any of its lane.
    ///
    /// - Parameter has: how many of the lane that host has.
    func mayFollowInLane(at place: Int, _ has: (Lane) -> Int) -> Bool {
        guard let lane = self[place].lane, let member = entries[head + place].member else { return true }
        return lanes.mayFollow(member, has(lane))
    }

    // MARK: Ways of a step

    /// Appends a step. More than the bound is a bug of the caller, who asks for `room` first.
    package mutating func append(_ step: Step) {
        precondition(depth < bound, "the work queue is full")
        entries.append(Entry(step, lanes.queue(step)))
        noteLimits(of: step)
    }

    /// Queues a step that was taken and runs again: before all others, behind those that do so already and have no place
    /// either.
    package mutating func appendAgain(_ step: Step) {
        insertAgain(step, lanes.queueAgain(step))
    }

    private mutating func insertAgain(_ step: Step, _ lane: LaneTable.Place?) {
        entries.insert(Entry(step, lane), at: head + withoutPlace)
        withoutPlace += 1
        noteLimits(of: step)
    }

    /// A step that was taken runs again, but not before its time.
    package mutating func delay(_ step: Step, until due: MonotonicTime) {
        delayed.add(step, due: due)
        if PlantedBug.opensLaneOfDelayed.isPlanted { lanes.end(step) } else { _ = lanes.queueAgain(step) }
    }

    /// Queues the steps whose time has come as those that run again.
    mutating func queueDue(at now: MonotonicTime) {
        while let step = delayed.takeDue(at: now) { queueDelayed(step) }
    }

    /// Those of the steps that wait for their time are queued now.
    mutating func queueDelayed(_ isQueued: (Step) -> Bool) {
        for step in delayed.drop(isQueued) { queueDelayed(step) }
    }

    private mutating func queueDelayed(_ step: Step) {
        if PlantedBug.opensLaneOfDelayed.isPlanted { _ = lanes.queue(step) }
        insertAgain(step, lanes.place(of: step))
    }

    /// Removes steps that wait for their time.
    mutating func dropDelayed(_ isDropped: (Step) -> Bool) -> [Step] {
        let dropped = delayed.drop(isDropped)
        for step in dropped { lanes.drop(step) }
        return dropped
    }

    /// Gives steps that run again the places that are free. Nobody may be counting on one at this moment.
    ///
    /// - Parameter others: places that are taken by steps which are not here any more.
    package mutating func givePlaces(beside others: Int) {
        guard withoutPlace > 0 else { return }
        withoutPlace -= min(withoutPlace, max(0, bound - depth - others))
    }

    /// Takes the step at this place, for a slot. Where others have none, the last of them gets one by that.
    package mutating func take(at place: Int) -> Step {
        let step = self[place]
        if place == 0 {
            head += 1
            // Moving the rest once a queue's length keeps taking the oldest at constant cost.
            if head == entries.count || head >= bound {
                entries.removeSubrange(..<head)
                head = 0
            }
        } else {
            entries.remove(at: head + place)
        }
        if withoutPlace > 0 { withoutPlace -= 1 }
        lanes.begin(step)
        if isEmpty { forgetLimits() }
        return step
    }

    /// A step that was taken has its result, or is not run here any more.
    package mutating func noteOver(_ step: Step) { lanes.end(step) }

    /// Removes every step of these partitions; their requests are somebody else's now.
    package mutating func drop(partitions: Set<Int32>) -> [Step] {
        let isGone = { (step: Step) in partitions.contains(step.coordinates.partition) }
        let dropped = all.filter(isGone) + (PlantedBug.keepsDelayedOfRevoked.isPlanted ? [] : delayed.drop(isGone))
        withoutPlace -= unplaced.count(where: isGone)
        entries = entries[head...].filter { !isGone($0.step) }
        head = 0
        lanes.dropQueued { partitions.contains($0) }
        if isEmpty { forgetLimits() }
        return dropped
    }

    package mutating func dropAll() -> [Step] {
        let waiting = delayed.drop { _ in true }
        defer {
            lanes.dropQueued { _ in true }
            entries.removeAll(keepingCapacity: true)
            (head, withoutPlace) = (0, 0)
            forgetLimits()
        }
        return all + waiting
    }

    private mutating func noteLimits(of step: Step) {
        most.cpuPercent = max(most.cpuPercent, step.limits.cpuPercent)
        most.memoryMB = max(most.memoryMB, step.limits.memoryMB)
    }

    private mutating func forgetLimits() { (most.cpuPercent, most.memoryMB) = (0, 0) }
}
