/// The lanes of which something is queued or with a host: nobody else's cost memory.
///
/// A step is queued, then begun (it runs, or is written to a host behind others), then over. Its token says its place in
/// the lane: of two tokens the larger is that of the request taken later, however often either runs again.
struct LaneTable: Sendable {
    private struct Members {
        /// Tokens, in order.
        var queued: [UInt64] = []
        var begun = 0

        var isEmpty: Bool { queued.isEmpty && begun == 0 }
        /// Of those queued all wait for others of the lane but the first where nothing has begun.
        var blocked: Int { begun > 0 ? queued.count : max(0, queued.count - 1) }
    }

    private var lanes: [Lane: Members] = [:]
    /// Queued steps that wait for others of their lanes.
    private(set) var blockedCount = 0

    var isEmpty: Bool { lanes.isEmpty }

    // MARK: Ways of a step

    mutating func queue(_ step: Step) {
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
    mutating func queueAgain(_ step: Step) {
        end(step)
        queue(step)
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
        for (lane, var members) in lanes where isDropped(lane.partition) {
            blockedCount -= members.blocked
            members.queued = []
            lanes[lane] = members.isEmpty ? nil : members
        }
    }

    private static func remove(_ step: Step, from members: inout Members) {
        if let place = members.queued.firstIndex(of: step.token) { members.queued.remove(at: place) }
    }

    private mutating func change(_ step: Step, _ body: (inout Members) -> Void) {
        guard let lane = step.lane else { return }
        var members = lanes.removeValue(forKey: lane) ?? Members()
        blockedCount -= members.blocked
        body(&members)
        blockedCount += members.blocked
        if !members.isEmpty { lanes[lane] = members }
    }

    // MARK: Questions

    /// Whether a queued step waits for others of its lane.
    func blocks(_ step: Step) -> Bool {
        guard blockedCount > 0, let lane = step.lane, let members = lanes[lane] else { return false }
        return members.begun > 0
            || members.queued.first != step.token && !PlantedBug.forgetsOrderInLane.isPlanted
    }

    /// The same, as what it waits for.
    func obstacle(to step: Step) -> WaitReason? {
        guard blocks(step) else { return nil }
        return step.lane?.key == nil ? .partition : .key
    }

    /// Whether a queued step may be written to a host behind what it has: no other has any of its lane.
    ///
    /// - Parameter has: how many of the lane that host has.
    func mayFollow(_ step: Step, _ has: (Lane) -> Int) -> Bool {
        guard let lane = step.lane, let members = lanes[lane] else { return true }
        guard !PlantedBug.passesInLane.isPlanted else { return true }
        guard members.queued.first == step.token else { return false }
        return members.begun == 0 || members.begun == has(lane)
    }
}
