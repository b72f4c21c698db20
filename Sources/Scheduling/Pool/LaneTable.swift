/// The lanes of which something is queued or with a host: nobody else's cost memory.
///
/// A step is queued, then begun (it runs, or is written to a host behind others), then over. Its token says its place in
/// the lane: of two tokens the larger is that of the request taken later, however often either runs again.
struct LaneTable: Sendable {
    /// Where a lane stands in the table, as long as something of it is queued or with a host.
    typealias Place = Int

    /// A queued step, found without a look at it.
    struct Member: Sendable {
        let lane: Place
        let token: UInt64
    }

    private struct Members {
        /// Tokens, in order.
        var queued: [UInt64] = []
        var begun = 0

        var isEmpty: Bool { queued.isEmpty && begun == 0 }
        /// Of those queued all wait for others of the lane but the first where nothing has begun.
        var blocked: Int { begun > 0 ? queued.count : max(0, queued.count - 1) }
    }

    private var places: [Lane: Place] = [:]
    private var lanes: [Members] = []
    private var freePlaces: [Place] = []
    /// Queued steps that wait for others of their lanes.
    private(set) var blockedCount = 0

    var isEmpty: Bool { places.isEmpty }

    // MARK: Ways of a step

    /// - Returns: the place of its lane; nil where it has none.
    mutating func queue(_ step: Step) -> Place? {
        change(step) { members in
            let place = members.queued.lastIndex { $0 < step.token }.map { $0 + 1 } ?? 0
            members.queued.insert(step.token, at: place)
        }
    }

    mutating func begin(_ step: Step) {
        change(step) { members in
            Self.remove(step, from: &members)
            members.begun += 1
        }
    }

    /// It was begun, and is queued again.
    ///
    /// - Returns: the place of its lane; nil where it has none.
    mutating func queueAgain(_ step: Step) -> Place? {
        end(step)
        return queue(step)
    }

    /// It was begun, and has its result, or is not run here any more.
    mutating func end(_ step: Step) {
        if PlantedBug.keepsLaneClosed.isPlanted { return }
        change(step) { $0.begun -= 1 }
    }

    /// It was queued, and is not run here any more.
    mutating func drop(_ step: Step) { change(step) { Self.remove(step, from: &$0) } }

    /// What was queued of these partitions is not run here any more. All of it at once: of a lane that fills a large queue
    /// each that leaves moves the rest.
    mutating func dropQueued(_ isDropped: (Int32) -> Bool) {
        for (lane, place) in places where isDropped(lane.partition) {
            blockedCount -= lanes[place].blocked
            lanes[place].queued = []
            blockedCount += lanes[place].blocked
            if lanes[place].isEmpty { forget(lane, at: place) }
        }
    }

    private static func remove(_ step: Step, from members: inout Members) {
        if let place = members.queued.firstIndex(of: step.token) { members.queued.remove(at: place) }
    }

    @discardableResult
    private mutating func change(_ step: Step, _ body: (inout Members) -> Void) -> Place? {
        guard let lane = step.lane else { return nil }
        let place = places[lane] ?? add(lane)
        blockedCount -= lanes[place].blocked
        body(&lanes[place])
        blockedCount += lanes[place].blocked
        if lanes[place].isEmpty { forget(lane, at: place) }
        return place
    }

    private mutating func add(_ lane: Lane) -> Place {
        let place = freePlaces.popLast() ?? lanes.count
        if place == lanes.count { lanes.append(Members()) }
        places[lane] = place
        return place
    }

    private mutating func forget(_ lane: Lane, at place: Place) {
        places[lane] = nil
        lanes[place] = Members()
        freePlaces.append(place)
    }

    // MARK: Questions

    /// The place of the step's lane; nil where it has none, or nothing of it is queued or with a host.
    func place(of step: Step) -> Place? { step.lane.flatMap { places[$0] } }

    /// Whether a queued step waits for others of its lane.
    func blocks(_ member: Member) -> Bool {
        lanes[member.lane].begun > 0
            || lanes[member.lane].queued.first != member.token && !PlantedBug.forgetsOrderInLane.isPlanted
    }

    /// Whether a queued step may be written to a host behind what it has: no other has any of its lane.
    ///
    /// - Parameter count: how many of the lane that host has.
    func mayFollow(_ member: Member, _ count: @autoclosure () -> Int) -> Bool {
        guard !PlantedBug.passesInLane.isPlanted else { return true }
        guard lanes[member.lane].queued.first == member.token else { return false }
        return lanes[member.lane].begun == 0 || lanes[member.lane].begun == count()
    }
}
