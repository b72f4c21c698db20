import Messages

@testable import Scheduling

/// A node's core against a model of Kafka: records, a group that takes partitions away and gives them back, commits
/// that fail, acknowledgements in any order. Every rule that must hold is checked at every event.
struct Simulation {
    static let partitionCount: Int32 = 4

    private var random: SplitMix64
    private var manager: ConcurrencyManager
    private var book = LedgerBook()
    private var now = time(0)
    private let rebalances: Bool

    // The model of Kafka.
    private var logEnd: [Int64] = Array(repeating: 0, count: Int(partitionCount))
    private var position: [Int64] = Array(repeating: 0, count: Int(partitionCount))
    private var committed: [Int64] = Array(repeating: 0, count: Int(partitionCount))
    private var isPaused = false
    private var paused: Set<Int32> = []
    private var results: [[Int: Int]] = Array(repeating: [:], count: Int(partitionCount))
    private var published: [Step] = []
    private var running: [Int: Step] = [:]
    private var begun: Set<RequestCoordinates> = []

    private(set) var events = 0
    private(set) var violations: [String] = []
    private(set) var pauses = 0

    init(seed: UInt64, slots: Int = 5, rebalances: Bool) {
        random = SplitMix64(state: seed)
        let pauseAfter = [0, 10, 100].randomElement(using: &random) ?? 0
        manager = ConcurrencyManager(
            slotCount: slots, backpressure: .init(pauseAfterMs: pauseAfter, maxInFlight: 300))
        self.rebalances = rebalances
        book.assign(Array(0..<Self.partitionCount), at: now)
    }

    mutating func run(events count: Int) throws {
        while events < count, violations.isEmpty { try event() }
        try drain()
    }

    private mutating func event() throws {
        events += 1
        now = now.adding(milliseconds: Int.random(in: 0...3, using: &random))
        switch Int.random(in: 0..<100, using: &random) {
        case 0..<5: produce()
        case 5..<30: try take()
        case 30..<65: turnSlot(Int.random(in: 0..<manager.slots.count, using: &random))
        case 65..<93: acknowledge()
        case 93..<97: commit()
        default: if rebalances { rebalance() }
        }
        updateBackpressure()
        let (depth, inFlight, known) = (manager.depth, manager.inFlight, book.inFlightCount)
        check(depth <= 100, "queue depth is \(depth)")
        check(inFlight == known, "\(inFlight) in flight for the manager, \(known) for the book")
        check(inFlight <= 300, "\(inFlight) in flight")
    }

    private mutating func check(_ holds: Bool, _ message: @autoclosure () -> String) {
        if !holds { violations.append("event \(events): \(message())") }
    }

    private mutating func produce() {
        let partition = Int.random(in: 0..<Int(Self.partitionCount), using: &random)
        logEnd[partition] += Int64.random(in: 1...60, using: &random)
    }

    private mutating func take() throws {
        for partition in book.partitions.sorted() where !paused.contains(partition) {
            let wanted = Int.random(in: 0...40, using: &random)
            var left = min(wanted, manager.capacity)
            while left > 0, position[Int(partition)] < logEnd[Int(partition)] {
                try takeRecord(partition)
                left -= 1
            }
        }
    }

    private mutating func takeRecord(_ partition: Int32) throws {
        let offset = position[Int(partition)]
        position[Int(partition)] += 1
        switch book.take(partition: partition, offset: offset) {
        case .run(let coordinates, let token):
            check(begun.insert(coordinates).inserted, "\(coordinates) was taken twice in one generation")
            let step = try step(
                partition: partition, generation: coordinates.generation, offset: offset, token: token,
                locks: random.chance(10) ? [["a", "b", "c"].randomElement(using: &random) ?? "a"] : [])
            if random.chance(3) {
                manager.noteRefused()
                published.append(step)
            } else {
                _ = manager.admit(step)
            }
        case .doneBefore:
            check(results[Int(partition)][Int(offset)] != nil, "\(partition)-\(offset) was skipped without a result")
        case .repeated, .ofAnotherLog, .notAssigned:
            check(false, "\(partition)-\(offset) was refused by its ledger")
        }
    }

    private mutating func turnSlot(_ slot: Int) {
        if let step = running.removeValue(forKey: slot) {
            if random.chance(5) {
                // Its host was lost, or it broke a deadlock: it waits again.
                _ = manager.requeue(slot: slot, at: now)
            } else {
                _ = manager.finish(slot: slot, at: now)
                published.append(step)
            }
        }
        if random.chance(5) { _ = manager.noteStarting(slot: slot) }
        if case .run(let step, _) = manager.next(for: slot, at: now) { running[slot] = step }
    }

    private mutating func acknowledge() {
        guard let index = published.indices.randomElement(using: &random) else { return }
        let step = published.remove(at: index)
        results[Int(step.coordinates.partition)][Int(step.coordinates.offset), default: 0] += 1
        check(book.done(token: step.token) == step.coordinates, "the token \(step.token) is not in flight")
        manager.noteDone()
    }

    private mutating func commit(of partitions: Set<Int32>? = nil) {
        for (partition, position) in book.commits(of: partitions) {
            for offset in committed[Int(partition)]..<position.value {
                check(results[Int(partition)][Int(offset)] != nil, "committed past \(partition)-\(offset), not done")
            }
            if random.chance(20) { continue }
            committed[Int(partition)] = max(committed[Int(partition)], position.value)
            if random.chance(90) { book.noteCommitted(partition, position) }
        }
    }

    private mutating func rebalance() {
        let ours = book.partitions
        let moved = Set((0..<Self.partitionCount).filter { _ in random.chance(40) })
        let lost = moved.intersection(ours)
        for step in manager.dropQueued(partitions: lost) { book.abandon(token: step.token) }
        if random.chance(60) { commit(of: lost) }
        book.release(lost, at: now)
        for partition in moved.subtracting(ours) {
            otherMemberWorks(on: Int(partition))
            book.assign([partition], at: now)
            position[Int(partition)] = committed[Int(partition)]
        }
    }

    /// Another member had the partition: it ran some of it and committed.
    private mutating func otherMemberWorks(on partition: Int) {
        let end = min(logEnd[partition], committed[partition] + Int64.random(in: 0...30, using: &random))
        for offset in committed[partition]..<max(end, committed[partition]) {
            results[partition][Int(offset), default: 0] += 1
        }
        committed[partition] = max(end, committed[partition])
    }

    private mutating func updateBackpressure() {
        switch manager.updateBackpressure(at: now) {
        case .none: break
        case .pause:
            check(!isPaused, "paused twice")
            isPaused = true
            pauses += 1
            paused = book.partitions
            manager.noteDiscarded(bytes: Int.random(in: 0...50_000, using: &random), at: now)
        case .resume:
            check(isPaused, "resumed without a pause")
            isPaused = false
            paused = []
        }
    }

    /// Lets everything end, and looks whether every record has its result.
    private mutating func drain() throws {
        let missing = Set(0..<Self.partitionCount).subtracting(book.partitions)
        for partition in missing {
            book.assign([partition], at: now)
            position[Int(partition)] = committed[Int(partition)]
        }
        for _ in 0..<100_000 where violations.isEmpty {
            now = now.adding(milliseconds: 1)
            try take()
            for slot in manager.slots.indices { turnSlot(slot) }
            while !published.isEmpty { acknowledge() }
            updateBackpressure()
            if manager.inFlight == 0, position == logEnd { break }
        }
        for partition in 0..<Int(Self.partitionCount) {
            for offset in 0..<Int(logEnd[partition]) {
                let count = results[partition][offset] ?? 0
                check(rebalances ? count >= 1 : count == 1, "\(partition)-\(offset) has \(count) results")
            }
            let final = book.commits().first { $0.partition == Int32(partition) }?.position.value
            check(final == nil || final == logEnd[partition], "the last commit of \(partition) is \(final ?? -1)")
        }
    }
}
