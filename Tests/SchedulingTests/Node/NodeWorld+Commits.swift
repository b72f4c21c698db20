@testable import Scheduling

/// A node's commits, and what the group makes of them.
extension NodeWorld {
    func commit(_ parts: [PartitionCommit], _ number: UInt64, _ node: SimulatedNode) {
        node.commits[number] = parts
        for part in parts {
            let known = node.knownStored[part.partition]?[part.generation] ?? 0
            check(
                part.version > known || part.version == 0,
                "node \(node.id) commits \(part.partition) at \(part.position.value) once more")
            check(
                node.client.positions[part.partition] != nil,
                "node \(node.id) commits \(part.partition), which it does not have")
            checkFailures(part, node)
        }
        if coordinatorMove != nil { return keep(parts, number, node) }
        store(parts, number, node, generation: node.client.generation)
    }

    /// The commit says how often each has failed that it leaves undone.
    private func checkFailures(_ part: PartitionCommit, _ node: SimulatedNode) {
        guard !node.failed.isEmpty else { return }
        lazy var metadata = part.metadata.flatMap { try? CommitMetadataCodec.decode($0) } ?? CommitMetadata()
        for (token, failed) in node.failed where failed.at.partition == part.partition {
            let place = failed.at
            // Where an earlier run of it has its result, of an assignment before, that is what counts.
            guard node.isInFlight(token), place.generation == part.generation, place.offset >= part.position.value,
                !metadata.maps.contains(where: { $0.contains(place.offset) })
            else { continue }
            check(
                metadata.failures.contains { $0.offset == place.offset && Int($0.count) == failed.count },
                "node \(node.id) commits \(part.partition) and does not say that \(place.offset) has failed")
        }
    }

    func store(_ parts: [PartitionCommit], _ number: UInt64, _ node: SimulatedNode, generation: Int) {
        let isAccepted = group.accepts(node.id, generation: generation) && !node.client.isFenced
        guard isAccepted, !hasFaults || !random.chance(8) else {
            node.client.answers.append(.committed(number: number, stored: [], hasFailure: true))
            return count(.commitRefused)
        }
        for part in parts {
            note("node \(node.id) commits \(part.partition) at \(part.position.value)\(describe(part.metadata))")
        }
        for part in parts {
            let problem = kafka.store(part, knowsAll: !node.unknown.contains(part.partition))
            check(problem == nil, "node \(node.id): \(problem ?? "")")
        }
        // The answer may be lost, though the commit is there.
        let isLost = hasFaults && random.chance(5)
        let stored = isLost ? [] : Set(parts.map(\.partition))
        node.client.answers.append(.committed(number: number, stored: stored, hasFailure: isLost))
        count(.commit)
    }

    private func describe(_ metadata: String?) -> String {
        let maps = metadata.flatMap { try? CommitMetadataCodec.decode($0).maps } ?? []
        return maps.isEmpty
            ? "" : ", done " + maps.map { $0.runs.map { "\($0)" }.joined(separator: " ") }.joined(separator: "; ")
    }
}
