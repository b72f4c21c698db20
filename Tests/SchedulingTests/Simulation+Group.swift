@testable import Scheduling

/// What a group and the brokers do to the core: commits, logs that change, partitions that move.
extension Simulation {
    mutating func commit(of partitions: Set<Int32>? = nil) {
        for commit in book.commits(of: partitions) {
            let (partition, position) = (Int(commit.partition), commit.position)
            // Nobody can know of a log that has changed until it is read.
            if !kafka.unnoticed.contains(commit.partition) {
                let first = kafka.firstUnchecked(of: partition)
                for offset in first..<max(first, position.value) {
                    let isDone = results[kafka.digest(of: partition, at: offset)] != nil
                    check(isDone, "committed past \(partition)-\(offset), not done")
                }
                kafka.noteChecked(partition, to: position.value)
            }
            let known = answered[commit.generation]?[commit.partition]
            check(known.map { position > $0 } ?? true, "\(commit) is sent again")
            if random.chance(20) { continue }
            committed[partition] = position.value
            if !kafka.unnoticed.contains(commit.partition) { kafka.cuts[commit.partition] = nil }
            unanswered.append(commit)
        }
        for _ in unanswered where random.chance(60) { answerCommit() }
    }

    /// One of the commits, not always the oldest, is answered.
    mutating func answerCommit() {
        guard let index = unanswered.indices.randomElement(using: &random) else { return }
        let commit = unanswered.remove(at: index)
        let known = answered[commit.generation]?[commit.partition] ?? commit.position
        answered[commit.generation, default: [:]][commit.partition] = max(known, commit.position)
        book.noteCommitted(commit)
    }

    /// A topic is made anew, or a leader without the latest records takes over.
    mutating func changeLog() {
        let number = Int32.random(in: 0..<Self.partitionCount, using: &random)
        let partition = Int(number)
        let end = kafka.end(of: partition)
        let low = kafka.low[partition]
        let cut = random.chance(30) ? low : max(low, end - .random(in: 0...60, using: &random))
        guard cut < end else { return }
        logChanges += 1
        kafka.cut(partition, at: cut)
        kafka.append(Int.random(in: 0...40, using: &random), to: partition)
        guard book.partitions.contains(number) else {
            committed[partition] = min(committed[partition], cut)
            return
        }
        guard position[partition] > cut else { return }
        kafka.noteUnnoticed(number, cut: cut)
        if random.chance(50) {
            position[partition] = cut
        } else {
            // The client's offset is out of range; it goes to the first there is, and says so.
            let first = (kafka.firstUnchecked(of: partition)..<cut).first {
                results[kafka.digest(of: partition, at: $0)] == nil
            }
            kafka.low[partition] = first ?? cut
            position[partition] = first ?? cut
            book.restart(number)
            kafka.unnoticed.remove(number)
        }
    }

    mutating func rebalance() {
        let ours = book.partitions
        let moved = Set((0..<Self.partitionCount).filter { _ in random.chance(40) })
        let lost = moved.intersection(ours)
        abandon(dispatcher.dropQueued(partitions: lost))
        if random.chance(60) { commit(of: lost) }
        if random.chance(50) {
            killed.formUnion(dispatcher.giveUpRunning(partitions: lost))
            abandon(dispatcher.dropQueued(partitions: lost))
        }
        book.release(lost, at: now)
        for partition in lost {
            // What was committed of a log that nobody knew to be gone, Kafka forgets with it.
            guard let cut = kafka.cuts.removeValue(forKey: partition) else { continue }
            kafka.unnoticed.remove(partition)
            committed[Int(partition)] = min(committed[Int(partition)], cut)
        }
        for partition in moved.subtracting(ours) {
            otherMemberWorks(on: Int(partition))
            book.assign([partition], at: now)
            position[Int(partition)] = max(committed[Int(partition)], kafka.low[Int(partition)])
        }
    }

    /// Another member had the partition: it ran some of it and committed.
    private mutating func otherMemberWorks(on partition: Int) {
        let start = max(committed[partition], kafka.low[partition])
        let end = min(kafka.end(of: partition), start + Int64.random(in: 0...30, using: &random))
        for offset in start..<max(end, start) { results[kafka.digest(of: partition, at: offset), default: 0] += 1 }
        committed[partition] = max(end, start)
    }
}
