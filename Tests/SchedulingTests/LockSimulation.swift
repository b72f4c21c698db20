import Messages

@testable import Scheduling

/// Steps that take locks in random patterns, before they begin and while they run, against a model of its own: it
/// knows who holds and who wants what, and finds by reduction who can never go on. Every cycle must be found when it
/// closes, none where there is none, no lock may have two holders, and all steps must end. A slot that sleeps only
/// moves when it was woken, so a wake-up that is missing ends in steps that do not.
struct LockSimulation {
    private var random: SplitMix64
    private var dispatcher: Dispatcher
    private let names: [String]
    private let total: Int
    private let declaringPercent: Int
    private let demandPercent: Int

    // The model.
    private var holds: [UInt64: Set<String>] = [:]
    private var wants: [UInt64: Set<String>] = [:]
    private var ended: [UInt64: Int] = [:]
    private var running: [Int: Step] = [:]
    /// Slots that wait for something and have not been woken.
    private var asleep: Set<Int> = []
    private var submitted = 0
    /// What is queued, and how many have got a lock that it declares, one of them, since it came.
    private var queued: [UInt64: (step: Step, passedBy: Set<UInt64>)] = [:]

    private(set) var violations: [String] = []
    private(set) var deadlocks = 0
    private(set) var longestCycle = 0
    private(set) var ranAgain = 0
    private(set) var mostPassed = 0
    private var events = 0

    /// - Parameters:
    ///   - declaringPercent: how many of the steps declare locks.
    ///   - demandPercent: in how many of its turns a running step asks for some.
    init(seed: UInt64, steps: Int, declaringPercent: Int = 30, demandPercent: Int = 55) {
        random = SplitMix64(state: seed)
        total = steps
        self.declaringPercent = declaringPercent
        self.demandPercent = demandPercent
        let slots = Int.random(in: 2...12, using: &random)
        let bound = Int.random(in: 1...20, using: &random)
        names = (0..<Int.random(in: 2...8, using: &random)).map { "lock\($0)" }
        dispatcher = Dispatcher(
            slotCount: slots, backpressure: .init(queueDepth: bound, resumeDepth: bound / 2, maxInFlight: 1000))
    }

    mutating func run() throws {
        while ended.count < total, violations.isEmpty, events < total * 1000 {
            events += 1
            if random.chance(30) { try admit() }
            let awake = dispatcher.slots.indices.filter { !asleep.contains($0) }
            if let slot = awake.randomElement(using: &random) { turn(slot) }
            checkRules()
        }
        let count = ended.count
        let wanted = total
        check(count == wanted, "\(count) of \(wanted) steps ended")
        let repeated = ended.values.contains { $0 != 1 }
        check(!repeated, "a step ended twice")
        let isLeaked = running.isEmpty && dispatcher.admission.locks.heldCount > 0
        check(!isLeaked, "locks are held and nothing runs")
    }

    private mutating func check(_ holds: Bool, _ message: @autoclosure () -> String) {
        if !holds { violations.append("event \(events): \(message())") }
    }

    private mutating func checkRules() {
        let depth = dispatcher.depth
        let bound = dispatcher.queue.bound
        check(depth <= bound, "the queue has \(depth) steps")
        let (waiting, oneByOne) = (dispatcher.waiting, dispatcher.waitingOneByOne)
        check(waiting == oneByOne, "\(oneByOne) wait, and \(waiting) are said to")
        let stuck = stuckSteps()
        check(stuck.isEmpty, "the deadlock of \(stuck.sorted()) was not found")
        if running.isEmpty, dispatcher.depth > 0 {
            let allSleep = asleep.count == dispatcher.slots.count
            check(!allSleep, "work is queued and every slot sleeps")
        }
    }

    private mutating func randomNames(_ most: Int) -> [String] {
        let count = Int.random(in: 1...most, using: &random)
        return Array(names.shuffled(using: &random).prefix(count))
    }

    private mutating func admit() throws {
        guard submitted < total, dispatcher.capacity > 0 else { return }
        submitted += 1
        let declared = random.chance(declaringPercent) ? randomNames(random.chance(10) ? names.count : 1) : []
        let step = try step(offset: Int64(submitted), strategy: declared.isEmpty ? 1 : 2, locks: declared)
        queued[step.token] = (step, [])
        wake(dispatcher.admit(step))
    }

    private mutating func wake(_ slots: [Int]) { asleep.subtract(slots) }

    // MARK: A slot's turn

    private mutating func turn(_ slot: Int) {
        guard let step = running[slot] else { return begin(slot) }
        if wants[step.token] != nil { return lookAgain(slot, step) }
        switch Int.random(in: 0..<100, using: &random) {
        case 0..<demandPercent: demand(slot, step)
        case demandPercent..<75: release(slot, step)
        default: end(slot, step)
        }
    }

    private mutating func begin(_ slot: Int) {
        let assignment = dispatcher.next(for: slot, at: time(events))
        wake(assignment.wakes.slots)
        switch assignment {
        case .run(let step, _, _):
            running[slot] = step
            queued[step.token] = nil
            take(Set(step.request.locks), step.token)
        case .wait: asleep.insert(slot)
        case .stop, .refuse: check(false, "a slot stopped or refused")
        }
    }

    private mutating func demand(_ slot: Int, _ step: Step) {
        let wanted = randomNames(2)
        wants[step.token] = Set(wanted)
        let stuck = stuckSteps()
        let decision = dispatcher.demand(wanted, slot: slot)
        for deadlock in decision.deadlocks { verify(deadlock, stuck: stuck) }
        if decision.deadlocks.isEmpty { check(stuck.isEmpty, "no deadlock found among \(stuck.sorted())") }
        asleep.insert(slot)
        if decision.answer != .waits { asleep.remove(slot) }
        if decision.answer == .granted { granted(step) }
        settle(decision.woken)
    }

    private mutating func verify(_ deadlock: Deadlock, stuck: Set<UInt64>) {
        deadlocks += 1
        longestCycle = max(longestCycle, deadlock.cycle.count)
        let tokens = deadlock.cycle.map(\.step.token)
        check(stuck.isSuperset(of: tokens), "\(tokens) was called a deadlock and is none")
        check(deadlock.victim.step.token == tokens.max(), "the victim is not the youngest")
        for (index, member) in deadlock.cycle.enumerated() {
            let next = tokens[(index + 1) % tokens.count]
            let blocked = member.waitsFor.contains { holds[next]?.contains($0) == true }
            check(blocked, "\(member.step.token) does not wait for \(next)")
        }
        // It is on its way out: it waits for nobody, and still holds what it has.
        wants[deadlock.victim.step.token] = []
    }

    private mutating func lookAgain(_ slot: Int, _ step: Step) {
        switch dispatcher.lockAnswer(slot: slot) {
        case .granted: granted(step)
        case .waits: if random.chance(2) { end(slot, step) } else { asleep.insert(slot) }
        case .isVictim: runAgain(slot, step)
        case .tooMany: check(false, "too many locks")
        }
    }

    private mutating func granted(_ step: Step) {
        guard let names = wants.removeValue(forKey: step.token) else { return }
        take(names, step.token)
    }

    private mutating func take(_ names: Set<String>, _ token: UInt64) {
        for (other, theirs) in holds where other != token {
            check(theirs.isDisjoint(with: names), "\(names) held by \(other) and by \(token)")
        }
        if !names.isEmpty { holds[token, default: []].formUnion(names) }
        for (waiting, entry) in queued where waiting < token && !names.isDisjoint(with: entry.step.request.locks) {
            queued[waiting]?.passedBy.insert(token)
            mostPassed = max(mostPassed, entry.passedBy.count)
            let (most, count) = (Admission.maximumPasses + dispatcher.slots.count, entry.passedBy.count)
            check(count <= most, "\(waiting) was passed by \(count) others")
        }
    }

    private mutating func release(_ slot: Int, _ step: Step) {
        let names = randomNames(3)
        holds[step.token]?.subtract(names)
        settle(dispatcher.release(names, slot: slot))
    }

    private mutating func end(_ slot: Int, _ step: Step) {
        forget(slot, step)
        ended[step.token, default: 0] += 1
        settle(dispatcher.finish(slot: slot, at: time(events)).slots)
    }

    private mutating func runAgain(_ slot: Int, _ step: Step) {
        forget(slot, step)
        ranAgain += 1
        let (settled, wakes) = dispatcher.putBack(slot: slot, at: time(events))
        check(settled == .again(.counted), "a victim is \(settled)")
        queued[step.token] = (step, [])
        settle(wakes.slots)
    }

    private mutating func forget(_ slot: Int, _ step: Step) {
        running[slot] = nil
        asleep.remove(slot)
        holds[step.token] = nil
        wants[step.token] = nil
    }

    /// Wakes the slots, and notes for the model which steps have got their locks by now.
    private mutating func settle(_ woken: [Int]) {
        wake(woken)
        for (slot, step) in running where wants[step.token] != nil && dispatcher.lockAnswer(slot: slot) == .granted {
            check(!asleep.contains(slot), "slot \(slot) has its locks and was not woken")
            granted(step)
        }
    }

    /// By reduction: who can go on is thought to end and to give everything back, until nobody more can.
    private func stuckSteps() -> Set<UInt64> {
        var left = Set(running.values.map(\.token))
        while true {
            let free = left.filter { token in
                let wanted = wants[token] ?? []
                return !left.contains { $0 != token && !(holds[$0] ?? []).isDisjoint(with: wanted) }
            }
            guard !free.isEmpty else { return left }
            left.subtract(free)
        }
    }
}
