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
    /// What the host of each slot has: the step it runs, and behind it what is written ahead.
    private var hosts: [Int: [Step]] = [:]
    /// Slots whose hosts were ended with steps of partitions that were given up, and have not noticed yet.
    private var killed: Set<Int> = []
    /// Slots that have found nothing to do: they move only when they are woken.
    private var asleep: Set<Int> = []
    private var begun: Set<RequestCoordinates> = []

    private(set) var events = 0
    private(set) var violations: [String] = []
    private(set) var pauses = 0
    private(set) var writtenAhead = 0
    private(set) var takenBack = 0

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
        case 30..<65:
            if let slot = manager.slots.indices.filter({ !asleep.contains($0) }).randomElement(using: &random) {
                turnSlot(slot)
            }
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
                strategy: Int.random(in: 0..<4, using: &random),
                locks: random.chance(10) ? [["a", "b", "c"].randomElement(using: &random) ?? "a"] : [])
            if random.chance(3) {
                manager.noteRefused()
                published.append(step)
            } else {
                wake(manager.admit(step))
            }
        case .doneBefore:
            check(results[Int(partition)][Int(offset)] != nil, "\(partition)-\(offset) was skipped without a result")
        case .repeated, .ofAnotherLog, .notAssigned:
            check(false, "\(partition)-\(offset) was refused by its ledger")
        }
    }

    private mutating func turnSlot(_ slot: Int) {
        if let steps = hosts[slot], !steps.isEmpty {
            if killed.remove(slot) != nil || random.chance(3) {
                loseHost(slot, steps)
            } else {
                answer(slot, steps)
            }
        }
        if hosts[slot, default: []].isEmpty {
            if random.chance(5) { wake(manager.noteStarting(slot: slot)) }
            let assignment = manager.next(for: slot, at: now)
            wake(assignment.wakes.slots)
            if case .run(let step, let ahead, _) = assignment { write([step] + ahead, to: slot) }
            if case .wait = assignment { asleep.insert(slot) }
        }
        checkHost(slot)
        let (given, running) = (manager.resources.givenMB, manager.runningCount)
        check(given == running * 512, "\(running) steps run and \(given) MB are given")
    }

    private mutating func wake(_ slots: [Int]) { asleep.subtract(slots) }

    private mutating func write(_ steps: [Step], to slot: Int) {
        writtenAhead += hosts[slot] == nil ? steps.count - 1 : steps.count
        hosts[slot, default: []] += steps
    }

    /// The host has answered some of what it has.
    private mutating func answer(_ slot: Int, _ steps: [Step]) {
        let count = Int.random(in: 1...steps.count, using: &random)
        let times = steps[..<count].map { $0.strategyIndex == 0 ? Int64(2_000_000) : 20_000 }
        let (more, wakes) = manager.finishAnswered(
            slot: slot, tookNanoseconds: times, mayTakeMore: random.chance(70), at: now)
        wake(wakes.slots)
        published += steps[..<count]
        hosts[slot] = Array(steps[count...])
        if hosts[slot]?.isEmpty == true { hosts[slot] = nil }
        check(more.isEmpty || hosts[slot] != nil, "steps are written ahead to a host that runs none")
        if !more.isEmpty { write(more, to: slot) }
    }

    /// The host is lost: the step it ran has that for its end, or is run again; what was written ahead is run again.
    private mutating func loseHost(_ slot: Int, _ steps: [Step]) {
        hosts[slot] = nil
        takenBack += steps.count - 1
        if !manager.isEnded(slot: slot), random.chance(50) {
            wake(manager.finish(slot: slot, steps[0].strategyIndex == 1 ? .crash : .unknown, at: now))
            published.append(steps[0])
        } else {
            switch manager.requeue(slot: slot, at: now) {
            case .queued(let woken): wake(woken)
            case .givenBack(let step, let woken):
                book.abandon(token: step.token)
                wake(woken)
            }
        }
        wake(manager.noteStarting(slot: slot))
        for step in manager.takeGivenBack() { book.abandon(token: step.token) }
    }

    private mutating func checkHost(_ slot: Int) {
        var known: [UInt64] = []
        if case .running(let step, _) = manager.slots[slot] { known = [step.token] }
        known += manager.ahead[slot].map(\.token)
        let actual = hosts[slot, default: []].map(\.token)
        check(known == actual, "slot \(slot) is thought to have \(known) and has \(actual)")
        check(actual.count <= ServiceTimes.mostUnderWay, "slot \(slot) has \(actual.count) steps")
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
        if random.chance(50) {
            killed.formUnion(manager.giveUpRunning(partitions: lost))
            for step in manager.dropQueued(partitions: lost) { book.abandon(token: step.token) }
        }
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
            for slot in manager.slots.indices where !asleep.contains(slot) { turnSlot(slot) }
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
