import Messages

@testable import Scheduling

/// A node's core against a model of Kafka: records, a group that takes partitions away and gives them back, commits
/// that fail or are answered late, logs that are cut and made anew, acknowledgements in any order. Every rule that must
/// hold is checked at every event.
struct Simulation {
    static let partitionCount: Int32 = 4
    private static let maxInFlight = 150

    /// A request whose messages are on their way, and those of them that are not acknowledged.
    private struct Published {
        let step: Step
        var parts: [MessagePart] = [.result]
    }

    var random: SplitMix64
    var dispatcher: Dispatcher
    var book = LedgerBook()
    private var inFlight = InFlightTable()
    var now = time(0)
    /// Partitions move, and their logs change.
    private let rebalances: Bool

    // The model of Kafka.
    var kafka = SimulatedLogs(partitions: Int(partitionCount))
    var position: [Int64] = Array(repeating: 0, count: Int(partitionCount))
    var committed: [Int64] = Array(repeating: 0, count: Int(partitionCount))
    private var isPaused = false
    private var paused: Set<Int32> = []
    /// By the digest of the record.
    var results: [UInt64: Int] = [:]
    private var digests: [UInt64: UInt64] = [:]
    /// Commits that the broker has stored and not answered.
    var unanswered: [PartitionCommit] = []
    var answered: [Int: [Int32: CommitOffset]] = [:]
    private var published: [Published] = []
    /// Bytes of the records in flight.
    private var bytes: [UInt64: Int] = [:]
    private var bytesInFlight = 0
    /// What the host of each slot has: the step it runs, and behind it what is written ahead.
    private var hosts: [Int: [Step]] = [:]
    /// Slots whose hosts were ended with steps of partitions that were given up, and have not noticed yet.
    var killed: Set<Int> = []
    /// Slots that have found nothing to do: they move only when they are woken.
    private var asleep: Set<Int> = []
    private var begun: Set<RequestCoordinates> = []

    private(set) var events = 0
    private(set) var violations: [String] = []
    private(set) var pauses = 0
    private(set) var writtenAhead = 0
    private(set) var takenBack = 0
    var logChanges = 0

    init(seed: UInt64, slots: Int = 5, rebalances: Bool) {
        random = SplitMix64(state: seed)
        let pauseAfter = [0, 10, 100].randomElement(using: &random) ?? 0
        dispatcher = Dispatcher(
            slotCount: slots,
            backpressure: .init(
                pauseAfterMs: pauseAfter, maxInFlight: Self.maxInFlight,
                maxInFlightBytes: random.chance(50) ? 50_000 : 1_000_000))
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
            if let slot = dispatcher.slots.indices.filter({ !asleep.contains($0) }).randomElement(using: &random) {
                turnSlot(slot)
            }
        case 65..<93: acknowledge()
        case 93..<95: commit()
        case 95..<97: answerCommit()
        case 97: if rebalances { changeLog() }
        default: if rebalances { rebalance() }
        }
        updateBackpressure()
        let (depth, load, told) = (dispatcher.depth, inFlight.load, dispatcher.inFlight)
        check(depth <= 100, "queue depth is \(depth)")
        check(load.count <= Self.maxInFlight, "\(load.count) in flight")
        check(told == load, "the dispatcher knows of \(told), in flight is \(load)")
        // Nothing in flight is nowhere, and nothing that is somewhere has left.
        let (known, bytes) = (dispatcher.heldCount + published.count, bytesInFlight)
        check(load.count == known, "\(load.count) in flight, and \(known) are queued, run or published")
        check(load.bytes == bytes, "\(load.bytes) bytes in flight, and \(bytes) taken and not gone")
    }

    mutating func check(_ holds: Bool, _ message: @autoclosure () -> String) {
        if !holds { violations.append("event \(events): \(message())") }
    }

    private mutating func produce() {
        let partition = Int.random(in: 0..<Int(Self.partitionCount), using: &random)
        kafka.append(Int.random(in: 1...60, using: &random), to: partition)
    }

    private mutating func take() throws {
        for partition in book.partitions.sorted() where !paused.contains(partition) {
            let wanted = Int.random(in: 0...40, using: &random)
            tellInFlight()
            var left = min(wanted, dispatcher.capacity)
            while left > 0, position[Int(partition)] < kafka.end(of: Int(partition)) {
                try takeRecord(partition)
                left -= 1
            }
        }
    }

    private mutating func takeRecord(_ partition: Int32) throws {
        let offset = position[Int(partition)]
        let digest = kafka.digest(of: Int(partition), at: offset)
        position[Int(partition)] += 1
        var taken = book.take(partition: partition, offset: offset, digest: digest)
        if taken == .ofAnotherLog {
            check(kafka.unnoticed.contains(partition), "\(partition)-\(offset) is thought to be of another log")
            book.restart(partition, from: offset)
            kafka.unnoticed.remove(partition)
            taken = book.take(partition: partition, offset: offset, digest: digest)
        }
        switch taken {
        case .run(let coordinates):
            let size = Int.random(in: 0...1000, using: &random)
            let token = inFlight.takePlanned(coordinates, digest: digest, bytes: size)
            bytes[token] = size
            bytesInFlight += size
            check(begun.insert(coordinates).inserted, "\(coordinates) was taken twice in one generation")
            digests[token] = digest
            let step = try step(
                partition: partition, generation: coordinates.generation, offset: offset, token: token,
                strategy: Int.random(in: 0..<4, using: &random),
                locks: random.chance(10) ? [["a", "b", "c"].randomElement(using: &random) ?? "a"] : [])
            if random.chance(3) {
                published.append(Published(step: step, parts: [.resultOfTwo, .deadLetter].shuffled(using: &random)))
            } else {
                tellInFlight()
                wake(dispatcher.admit(step))
            }
        case .doneBefore:
            check(results[digest] != nil, "\(partition)-\(offset) was skipped without a result")
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
            if random.chance(5) { wake(dispatcher.noteStarting(slot: slot)) }
            let assignment = dispatcher.next(for: slot, at: now)
            wake(assignment.wakes.slots)
            if case .run(let step, let ahead, _) = assignment { write([step] + ahead, to: slot) }
            if case .wait = assignment { asleep.insert(slot) }
        }
        checkHost(slot)
        let (given, running) = (dispatcher.admission.resources.givenMB, dispatcher.runningCount)
        check(given == running * 512, "\(running) steps run and \(given) MB are given")
    }

    private mutating func wake(_ slots: [Int]) { asleep.subtract(slots) }

    private mutating func write(_ steps: [Step], to slot: Int) {
        writtenAhead += hosts[slot] == nil ? steps.count - 1 : steps.count
        hosts[slot, default: []] += steps
        let behind = hosts[slot, default: []].dropFirst()
        check(behind.allSatisfy { $0.attempt == 1 }, "a step that was lost once is written behind another")
    }

    /// The host has answered some of what it has.
    private mutating func answer(_ slot: Int, _ steps: [Step]) {
        let count = Int.random(in: 1...steps.count, using: &random)
        let times = steps[..<count].map { $0.strategyIndex == 0 ? Int64(2_000_000) : 20_000 }
        let (more, wakes) = dispatcher.finishAnswered(
            slot: slot, tookNanoseconds: times, mayTakeMore: random.chance(70), at: now)
        wake(wakes.slots)
        published += steps[..<count].map { Published(step: $0) }
        hosts[slot] = count < steps.count ? Array(steps[count...]) : nil
        check(more.isEmpty || hosts[slot] != nil, "steps are written ahead to a host that runs none")
        if !more.isEmpty { write(more, to: slot) }
    }

    /// The host is lost: the step it ran has that for its end, or is run again; what was written ahead is run again.
    private mutating func loseHost(_ slot: Int, _ steps: [Step]) {
        hosts[slot] = nil
        takenBack += steps.count - 1
        if !dispatcher.isHostEnded(slot: slot), random.chance(50) {
            wake(dispatcher.finish(slot: slot, steps[0].strategyIndex == 1 ? .crash : .unknown, at: now).slots)
            published.append(Published(step: steps[0]))
        } else {
            wake(dispatcher.putBack(slot: slot, at: now).1.slots)
        }
        wake(dispatcher.noteStarting(slot: slot))
        abandon(dispatcher.takeAbandoned())
    }

    private mutating func checkHost(_ slot: Int) {
        var known: [UInt64] = []
        if let flight = dispatcher.slots.flight(of: slot) { known = ([flight.step] + flight.behind).map(\.token) }
        let actual = hosts[slot, default: []].map(\.token)
        check(known == actual, "slot \(slot) is thought to have \(known) and has \(actual)")
        let (ahead, counted) = (hosts.values.reduce(0) { $0 + $1.count - 1 }, dispatcher.slots.aheadCount)
        check(ahead == counted, "\(ahead) steps are written ahead, and \(counted) are counted")
        check(actual.count <= ServiceTimes.mostUnderWay, "slot \(slot) has \(actual.count) steps")
    }

    private mutating func acknowledge() {
        guard let index = published.indices.randomElement(using: &random) else { return }
        let (step, part) = (published[index].step, published[index].parts.removeFirst())
        let isLast = published[index].parts.isEmpty
        if isLast { published.remove(at: index) }
        if part != .deadLetter { results[digests[step.token] ?? 0, default: 0] += 1 }
        let done = inFlight.acknowledge(step.token, part, .completed)
        check(done?.coordinates == (isLast ? step.coordinates : nil), "\(step.coordinates) is done: \(done != nil)")
        guard let done else { return }
        bytesInFlight -= bytes.removeValue(forKey: step.token) ?? 0
        book.done(done.coordinates, digest: done.digest)
    }

    mutating func abandon(_ steps: [Step]) {
        for step in steps {
            check(inFlight[step.token] != nil, "\(step.coordinates) is abandoned, and is not in flight")
            inFlight.abandon(step.token)
            bytesInFlight -= bytes.removeValue(forKey: step.token) ?? 0
        }
    }

    private mutating func tellInFlight() { dispatcher.noteInFlight(inFlight.load) }

    private mutating func updateBackpressure() {
        tellInFlight()
        switch dispatcher.updateBackpressure(at: now) {
        case .none: break
        case .pause:
            check(!isPaused, "paused twice")
            isPaused = true
            pauses += 1
            paused = book.partitions
            dispatcher.noteDiscarded(bytes: Int.random(in: 0...50_000, using: &random), at: now)
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
            position[Int(partition)] = max(committed[Int(partition)], kafka.low[Int(partition)])
        }
        for _ in 0..<100_000 where violations.isEmpty {
            now = now.adding(milliseconds: 1)
            try take()
            for slot in dispatcher.slots.indices where !asleep.contains(slot) { turnSlot(slot) }
            while !published.isEmpty { acknowledge() }
            updateBackpressure()
            if inFlight.isEmpty, position == kafka.ends { break }
        }
        for partition in 0..<Int(Self.partitionCount) {
            for offset in kafka.low[partition]..<kafka.end(of: partition) {
                let count = results[kafka.digest(of: partition, at: offset)] ?? 0
                check(rebalances ? count >= 1 : count == 1, "\(partition)-\(offset) has \(count) results")
            }
            guard !kafka.unnoticed.contains(Int32(partition)) else { continue }
            let end = kafka.end(of: partition)
            let final = book.commits().first { $0.partition == Int32(partition) }?.position.value
            check(final == nil || final == end, "the last commit of \(partition) is \(final ?? -1)")
        }
    }
}
