import Messages

@testable import Scheduling

/// Steps of many sizes and strategies, some of which break limits, on a node whose memory others use too. What runs
/// must fit, no strategy may have more than its share, nobody may be passed without end, and all must end. A slot that
/// sleeps only moves when it was woken.
struct AdmissionSimulation {
    private static let memoryMB = 1000
    private static let cpuPercent = 400
    private static let strategies = 4

    private var random: SplitMix64
    private var dispatcher: Dispatcher
    private let total: Int

    private var running: [Int: Step] = [:]
    private var asleep: Set<Int> = []
    private var submitted = 0
    private var ended = 0
    /// How many have begun since the step came that were submitted after it.
    private var passedBy: [UInt64: Int] = [:]
    private var queued: [UInt64: Step] = [:]
    private var events = 0
    private var now = time(0)

    private(set) var violations: [String] = []
    private(set) var mostPassed = 0
    private(set) var throttled = 0
    private(set) var suspended = 0
    private(set) var mostWaiting = 0
    /// How often steps were queued of which none waited.
    private(set) var nobodyWaited = 0

    init(seed: UInt64, steps: Int) {
        random = SplitMix64(state: seed)
        total = steps
        var breaker = CircuitBreaker.Settings()
        breaker.isEnabled = random.chance(50)
        breaker.openMs = 500
        var throttle = Throttle.Settings()
        throttle.recoverMs = 2000
        dispatcher = Dispatcher(
            slotCount: Int.random(in: 2...12, using: &random), backpressure: .init(maxInFlight: 1000),
            resources: ResourceBudget(memoryMB: Self.memoryMB, cpuPercent: random.chance(50) ? Self.cpuPercent : nil),
            throttle: throttle, circuitBreaker: breaker)
    }

    mutating func run() throws {
        while ended < total, violations.isEmpty, events < total * 200 {
            events += 1
            now = now.adding(milliseconds: Int.random(in: 0...20, using: &random))
            if random.chance(40) { try admit() }
            if random.chance(2) { observe() }
            if let slot = dispatcher.slots.indices.filter({ !asleep.contains($0) }).randomElement(using: &random) {
                turn(slot)
            } else {
                observe()
            }
            let depth = dispatcher.depth
            check(depth <= 100, "the queue has \(depth) steps")
            let (waiting, oneByOne) = (dispatcher.waiting, dispatcher.waitingOneByOne)
            check(waiting == oneByOne, "\(oneByOne) wait, and \(waiting) are said to")
            nobodyWaited += waiting.isEmpty && depth > 0 ? 1 : 0
        }
        let count = ended
        check(violations.isEmpty && count == total, "\(count) steps ended")
        let left = dispatcher.admission.resources.givenMB
        check(left == 0 || !running.isEmpty, "\(left) MB are given to nobody")
    }

    private mutating func check(_ holds: Bool, _ message: @autoclosure () -> String) {
        if !holds { violations.append("event \(events): \(message())") }
    }

    private mutating func admit() throws {
        guard submitted < total, dispatcher.capacity > 0 else { return }
        let partition = Int32.random(in: 0..<3, using: &random)
        guard !dispatcher.partitionsToHold().contains(partition) else { return }
        submitted += 1
        let memory = [10, 50, 100, 400, 900, 1000].randomElement(using: &random) ?? 10
        let limits = ResourceLimits(
            cpuPercent: Int.random(in: 10...Self.cpuPercent, using: &random), memoryMB: memory, timeoutMs: 1000)
        let step = try step(
            partition: partition, offset: Int64(submitted),
            strategy: Int.random(in: 1...Self.strategies, using: &random),
            limits: limits)
        queued[step.token] = step
        asleep.subtract(dispatcher.admit(step))
        mostWaiting = max(mostWaiting, dispatcher.waiting.values.reduce(0, +))
    }

    /// Others use more or less of the memory; some of the time none of it.
    private mutating func observe() {
        let others = random.chance(50) ? 0 : Int.random(in: 0...600, using: &random)
        now = now.adding(milliseconds: 100)
        asleep.subtract(dispatcher.observe(othersMB: others, at: now))
        noteChanges()
    }

    private mutating func turn(_ slot: Int) {
        if let step = running.removeValue(forKey: slot) { return end(slot, step) }
        let assignment = dispatcher.next(for: slot, at: now)
        asleep.subtract(assignment.wakes.slots)
        switch assignment {
        case .run(let step, _, _): begin(slot, step)
        case .refuse(let step, _, _):
            suspended += 1
            queued[step.token] = nil
            ended += 1
            asleep.subtract(dispatcher.finish(slot: slot, .unknown, at: now).slots)
        case .wait: asleep.insert(slot)
        case .stop: check(false, "a slot stopped")
        }
    }

    private mutating func begin(_ slot: Int, _ step: Step) {
        queued[step.token] = nil
        running[slot] = step
        let memory = running.values.reduce(0) { $0 + $1.limits.memoryMB }
        check(memory + dispatcher.admission.resources.othersMB <= Self.memoryMB, "\(memory) MB run")
        let cpu = running.values.reduce(0) { $0 + $1.limits.cpuPercent }
        check(dispatcher.admission.resources.cpuPercent == nil || cpu <= Self.cpuPercent, "\(cpu) % run")
        let ofStrategy = running.values.count { $0.strategyIndex == step.strategyIndex }
        let share = dispatcher.admission.throttle.slots(for: step.strategyIndex)
        check(ofStrategy <= share, "\(ofStrategy) run of \(share)")
        check(share >= 1, "a share of none")
        guard running.count > 1 else { return }
        // By the step's own measure: others of younger age, while something else ran that will make room.
        let resources = dispatcher.admission.resources
        for (token, waiting) in queued where token < step.token && resources.obstacle(to: waiting.limits) != nil {
            passedBy[token, default: 0] += 1
            mostPassed = max(mostPassed, passedBy[token] ?? 0)
        }
    }

    private mutating func end(_ slot: Int, _ step: Step) {
        ended += 1
        let isBad = step.strategyIndex == 1 ? random.chance(60) : random.chance(2)
        let conduct = isBad ? [Conduct.breach, .crash].randomElement(using: &random) ?? .breach : .good
        asleep.subtract(dispatcher.finish(slot: slot, conduct, at: now).slots)
        noteChanges()
    }

    private mutating func noteChanges() {
        for case .share(let change) in dispatcher.takeChanges() where change.slots < change.before { throttled += 1 }
    }
}
