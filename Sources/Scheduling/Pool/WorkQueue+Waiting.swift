/// Queued steps that could not begin even with a slot. Those that run again and have no place yet are not among them.
///
/// Whether a step waits depends on what runs and on what was decided about its strategy: it is worked out and not kept.
/// Mostly none waits, which one look says.
extension WorkQueue {
    /// By what they wait for.
    func waiting(for admission: Admission) -> [WaitReason: Int] {
        var counts: [WaitReason: Int] = [:]
        forEachWaiting(for: admission) { _, reason in counts[reason, default: 0] += 1 }
        return counts
    }

    func waitingCount(for admission: Admission) -> Int {
        // Where only lanes are in the way, they count themselves.
        if unplaced.isEmpty, admission.isOpen(upTo: most) { return lanes.blockedCount }
        var count = 0
        forEachWaiting(for: admission) { _, _ in count += 1 }
        return count
    }

    func waitingPartitions(for admission: Admission) -> Set<Int32> {
        var partitions: Set<Int32> = []
        var last: Int32?
        forEachWaiting(for: admission) { place, _ in
            let partition = self[place].coordinates.partition
            // Mostly one comes after the other.
            guard partition != last else { return }
            last = partition
            partitions.insert(partition)
        }
        return partitions
    }

    func isWaiting(_ token: UInt64, for admission: Admission) -> Bool {
        var isWaiting = false
        forEachWaiting(for: admission) { place, _ in if self[place].token == token { isWaiting = true } }
        return isWaiting
    }

    private func forEachWaiting(for admission: Admission, _ body: (Int, WaitReason) -> Void) {
        guard lanes.blockedCount > 0 || !admission.isOpen(upTo: most) else { return }
        var kept: Set<String> = []
        for place in placedIndices {
            if let reason = laneObstacle(at: place) {
                body(place, reason)
            } else if let reason = admission.obstacle(to: self[place], keeping: &kept) {
                body(place, reason)
            }
        }
    }
}
