package import Messages

/// What a node's threads share: which steps wait, what each slot has, what may begin, and whether Kafka may give more.
///
/// One value behind one lock. It decides and hands the decision back; who calls it acts after the lock is released.
package struct Dispatcher: Sendable {
    private(set) var queue: WorkQueue
    package internal(set) var slots: SlotTable
    package internal(set) var admission: Admission
    private var writeAhead: WriteAhead
    package private(set) var backpressure: BackpressureController
    /// Steps that are not run here any more; the consumer thread lets go of them.
    private var abandoned: [Step] = []
    /// Steps that have failed and run again, since the consumer thread last asked.
    private var retried: [Step] = []
    var retryBudget: RetryBudget
    /// Partitions are held because the steps that wait fill their part of the queue.
    var holdsPartitions = false
    /// Results wait for room in the producer's queue.
    package private(set) var isOutputFull = false
    /// Steps begun and ended; stands still while nothing moves.
    package private(set) var progress = 0
    package private(set) var isStopping = false
    /// Whether the consumer waits for running steps to end (a revocation, a drain): then each end wakes it.
    package var isDrainAwaited = false
    /// What is in flight, the queued and the running among it, as the consumer thread last said. It alone counts
    /// (`InFlightTable`); here nothing is added or taken off.
    package private(set) var inFlight = InFlightLoad()

    package init(
        slotCount: Int, backpressure settings: BackpressureController.Settings, resources: ResourceBudget = .unbounded,
        throttle: Throttle.Settings = Throttle.Settings(),
        circuitBreaker: CircuitBreaker.Settings = CircuitBreaker.Settings(),
        serviceTimes: ServiceTimes = ServiceTimes(), starts: StartGate = StartGate(), external: [Int] = [],
        triedAgain: Set<Int> = [], retryBudget: RetryBudget = RetryBudget()
    ) {
        self.retryBudget = retryBudget
        queue = WorkQueue(bound: settings.queueDepth)
        slots = SlotTable(count: slotCount)
        admission = Admission(
            resources: resources, throttle: Throttle(throttle, slotCount: slotCount),
            circuitBreaker: CircuitBreaker(circuitBreaker), starts: starts)
        writeAhead = WriteAhead(serviceTimes, external: Set(external), triedAgain: triedAgain)
        backpressure = BackpressureController(settings)
    }

    // MARK: The consumer's side

    /// Takes in what is in flight now. The consumer thread says so whenever it has the lock, before anything else.
    package mutating func noteInFlight(_ load: InFlightLoad) { inFlight = load }

    /// Queues steps. At most `capacity` may be admitted.
    /// - Returns: an idle slot to wake for them, if there is one.
    package mutating func admit(_ steps: [Step]) -> [Int] {
        for step in steps {
            queue.append(step)
            if !admission.cancels.isEmpty { admission.noteCancelled(step) }
        }
        return PlantedBug.wakesNobody.isPlanted ? [] : idleSlotToWake()
    }

    /// What the order names is not wanted any more, here already or not: what is queued has its result in its turn, what
    /// runs when its host is ended.
    ///
    /// - Returns: slots to wake, and slots whose hosts are to be ended.
    package mutating func cancel(_ order: CancelOrder) -> (woken: [Int], ended: [Int]) {
        admission.cancels.note(order)
        let isCancelled = { (step: Step) in CancelledRequests.covers(order, step) }
        queue.queueDelayed(isCancelled)
        for step in queue.all where isCancelled(step) { admission.noteCancelled(step) }
        return (admission.mayRefuse ? idleSlotToWake() : [], slots.cancel(isCancelled))
    }

    /// Takes the queued steps of partitions that are given up: their requests are to be abandoned.
    package mutating func dropQueued(partitions: Set<Int32>) -> [Step] {
        let dropped = queue.drop(partitions: partitions)
        for step in dropped { admission.forgetWaiting(step) }
        return dropped
    }

    /// Takes the steps of partitions that are on their way out which wait for their next run: it is not waited for.
    package mutating func dropDelayed(partitions: Set<Int32>) -> [Step] {
        delayedCount == 0 ? [] : queue.dropDelayed { partitions.contains($0.coordinates.partition) }
    }

    /// The running steps of partitions that are given up: somebody else runs them now. They are abandoned when their
    /// slots find the hosts lost.
    ///
    /// - Returns: the slots whose hosts are to be ended.
    package mutating func giveUpRunning(partitions: Set<Int32>) -> [Int] { slots.giveUp(partitions) }

    /// Steps that have not been run to their end and will not be run here any more, since the last call.
    package mutating func takeAbandoned() -> [Step] {
        guard !abandoned.isEmpty else { return [] }
        defer { abandoned = [] }
        return abandoned
    }

    var abandonedCount: Int { abandoned.count }

    /// Steps that have failed and run again, here or elsewhere, since the last call: their next commit says how often.
    package mutating func takeRetried() -> [Step] {
        guard !retried.isEmpty else { return [] }
        defer { retried = [] }
        return retried
    }

    /// Lets steps run whose time has come.
    ///
    /// - Returns: a slot to wake for them.
    package mutating func queueDue(at now: MonotonicTime) -> [Int] {
        guard let due = nextDue, due <= now else { return [] }
        queue.queueDue(at: now)
        return idleSlotToWake()
    }

    /// When the next of those comes that wait for the time of their next run; nil where none does.
    package var nextDue: MonotonicTime? { PlantedBug.forgetsDelayed.isPlanted ? nil : queue.delayed.nextDue }

    /// No more steps are started: what is queued is to be abandoned, what runs may finish.
    package mutating func stop() -> [Step] {
        isStopping = true
        admission.forgetAllWaiting()
        return queue.dropAll()
    }

    /// Call it before `capacity` is asked for.
    /// - Parameter isOutputFull: results wait for room in the producer's queue.
    package mutating func updateBackpressure(
        isOutputFull: Bool = false, at now: MonotonicTime
    ) -> BackpressureController.Fetching {
        // Nobody counts on a place at this moment.
        queue.givePlaces(beside: slots.aheadCount)
        let waiting = backpressure.isFlowing ? 0 : waitingCount
        return backpressure.update(
            depth: depth, waiting: waiting, inFlight: inFlight, isOutputFull: isOutputFull, at: now)
    }

    /// Whether results wait for room in the producer's queue: then no step begins, which would make one more.
    ///
    /// - Returns: a slot to wake, where steps may begin again.
    package mutating func noteOutput(isFull: Bool) -> [Int] {
        guard isFull != isOutputFull else { return [] }
        isOutputFull = isFull
        return isFull ? [] : idleSlotToWake()
    }

    package mutating func notePause() { backpressure.notePause() }

    package mutating func notePaused(_ isPaused: Bool, at now: MonotonicTime) {
        backpressure.notePaused(isPaused, at: now)
    }

    // MARK: A slot's steps

    /// What the slot, its host ready, is to do next.
    package mutating func next(for slot: Int, at now: MonotonicTime) -> Assignment {
        if isStopping {
            slots.stop(slot)
            return .stop
        }
        guard !isOutputFull else {
            slots.rest(slot)
            return .wait
        }
        if let due = nextDue, due <= now { queue.queueDue(at: now) }
        let before = depth
        admission.look(at: now)
        if let (step, refusal) = admission.takeRefused(from: &queue, at: now) {
            slots.put(Flight(step, since: now, isHostEnded: slots[slot].isHostEnded), in: slot)
            return .refuse(step, refusal, wakes(before: before))
        }
        guard let step = admission.takeRunnable(from: &queue) else {
            slots.rest(slot)
            return .wait
        }
        progress += 1
        let ahead = fly(Flight(step, since: now, isHostEnded: slots[slot].isHostEnded), in: slot, mayTakeMore: true)
        return .run(step, ahead: ahead, wakes(before: before))
    }

    /// The slot's step has ended, and, if it was written to behind it, its host with it.
    ///
    /// - Parameter conduct: what its end says of its strategy.
    /// - Returns: whom to wake: the slots whose steps get the locks that came free, and an idle one for waiting steps.
    package mutating func finish(slot: Int, _ conduct: Conduct = .unknown, at now: MonotonicTime) -> Wakes {
        guard let flight = slots.take(from: slot) else { return Wakes(consumer: isAnEndAwaited) }
        noteOver(flight.step)
        for step in flight.behind { putBack(step, .again(.uncounted), flight) }
        let granted = end(flight.step, conduct, at: now)
        return Wakes(consumer: isAnEndAwaited, slots: slots.running(granted) + idleSlotToWake())
    }

    /// The slot's host has answered the step it ran, and so many of those behind it; the next one has begun.
    ///
    /// - Parameters:
    ///   - nanoseconds: how long each of them took.
    ///   - retries: by place among them, those that say to have failed and are tried again.
    /// - Returns: what is to be written to it now, and whom to wake. Locks that came free may have given a step what it
    ///   waited for: its slot is among them.
    package mutating func finishAnswered(
        slot: Int, tookNanoseconds nanoseconds: [Int64], retries: [Int: Retry] = [:], mayTakeMore: Bool = false,
        at now: MonotonicTime
    ) -> ([Step], Wakes) {
        let before = depth
        var granted: [UInt64] = []
        var more: [Step] = []
        var endsHost = false
        if var flight = slots.take(from: slot) {
            var isFlying = true
            for (place, time) in nanoseconds.enumerated() {
                writeAhead.note(flight.step, nanoseconds: time)
                if retries.isEmpty {
                    noteOver(flight.step)
                } else if let retry = retries[place] {
                    putBack(flight.step, .again(.later(retry)), flight)
                } else {
                    noteOver(flight.step)
                }
                granted += end(flight.step, .good, at: now)
                isFlying = flight.advance(at: now)
                guard isFlying else { break }
                // Before anybody is woken who could want what it takes over, and whatever has been decided about its
                // strategy meanwhile: its host runs it.
                admission.grant(flight.step)
                progress += 1
            }
            if isFlying {
                endsHost = flight.endIfCancelled()
                more = fly(consume flight, in: slot, mayTakeMore: mayTakeMore && !endsHost)
            }
        }
        var wakes = wakes(before: before)
        wakes.endsHost = endsHost
        wakes.consumer = wakes.consumer || isAnEndAwaited
        wakes.slots += slots.running(granted)
        return (more, wakes)
    }

    /// The slot's host is lost, none could be had, or its step has failed and is tried again: it, and what was written
    /// behind it, are run again, or abandoned where the node stops or has given their partition up.
    ///
    /// - Parameter conduct: what its end says of its strategy.
    /// - Returns: what has become of the step, and whom to wake.
    package mutating func putBack(
        slot: Int, _ disposition: Disposition = .again(.counted), _ conduct: Conduct = .unknown, at now: MonotonicTime
    ) -> (Disposition, Wakes) {
        // Of a step that is tried again the host may live.
        let isHostGone = if case .again(.later) = disposition { false } else { true }
        guard let flight = slots.take(from: slot, isHostGone: isHostGone) else { return (.abandon, Wakes()) }
        if disposition == .again(.alone) { admission.noteAsksForLocks(flight.step) }
        var woken = slots.running(end(flight.step, conduct, at: now))
        let settled = putBack(flight.step, disposition, flight)
        for step in flight.behind { putBack(step, .again(.uncounted), flight) }
        // Only now: what has opened a lane, or waits again, may begin.
        woken += idleSlotToWake()
        return (settled, Wakes(consumer: isAnEndAwaited, slots: woken))
    }

    /// The step that the slot runs takes longer than those behind it may wait: others run them. Its host has their
    /// requests, and must not come to them: it is ended when the step has ended.
    ///
    /// - Returns: whom to wake for them.
    package mutating func takeBack(slot: Int) -> Wakes {
        guard var flight = slots.take(from: slot) else { return Wakes() }
        for step in flight.takeBehind() { putBack(step, .again(.uncounted), flight) }
        slots.put(flight, in: slot)
        return Wakes(consumer: isAnEndAwaited, slots: idleSlotToWake())
    }

    /// The slot's host is lost or its start failed.
    ///
    /// - Returns: an idle slot to wake instead, should steps wait.
    package mutating func noteStarting(slot: Int) -> [Int] {
        slots.restart(slot)
        return idleSlotToWake()
    }

    /// The slot ends.
    package mutating func noteStopped(slot: Int) { slots.stop(slot) }

    /// The slot's host has these steps. Returns those that it gets behind them.
    private mutating func fly(_ flight: consuming Flight, in slot: Int, mayTakeMore: Bool) -> [Step] {
        var more: [Step] = []
        if mayTakeMore, !isStopping, !isOutputFull {
            more = writeAhead.take(from: &queue, behind: flight, admission)
            for step in more { admission.forgetWaiting(step) }
            flight.write(more)
        }
        slots.put(flight, in: slot)
        return more
    }

    /// Returns the running steps that get the locks which came free.
    private mutating func end(_ step: Step, _ conduct: Conduct, at now: MonotonicTime) -> [UInt64] {
        progress += 1
        admission.judge(step, conduct, at: now)
        return admission.free(step)
    }

    /// Never straight to a place in the queue: all may be promised to what the consumer is taking at this moment.
    @discardableResult
    private mutating func putBack(_ step: Step, _ disposition: Disposition, _ flight: Flight) -> Disposition {
        let settled = disposition.here(
            isOver: (isStopping || flight.isGivenUp(step)) && !PlantedBug.runsAgainWhatWasGivenUp.isPlanted)
        switch settled {
        case .again(.later(let retry)):
            let next = step.again(after: retry.failure)
            retried.append(next)
            admission.noteCancelled(next)
            // What is not wanted any more waits for nothing but its turn.
            if admission.isCancelled(next) { queue.appendAgain(next) } else { queue.delay(next, until: retry.due) }
        case .again(let how):
            queue.appendAgain(how == .counted ? step.again() : step)
            if !admission.cancels.isEmpty { admission.noteCancelled(step) }
        case .abandon:
            queue.noteOver(step)
            abandoned.append(step)
            // Who has it next is to know of the run that it has had.
            if case .again(.later(let retry)) = disposition { retried.append(step.again(after: retry.failure)) }
        case .publish: preconditionFailure("a step that has its result is not put back")
        }
        return settled
    }

    /// The step has its result.
    private mutating func noteOver(_ step: Step) {
        queue.noteOver(step)
        retryBudget.noteResult(step.strategyIndex)
    }

    private var isAnEndAwaited: Bool { isDrainAwaited || !abandoned.isEmpty || !retried.isEmpty }

    /// Wakes the consumer where the queue has come down to where it takes again.
    private mutating func wakes(before: Int) -> Wakes {
        let mayTakeOfAll = holdsPartitions && waitingCount < waitingBound
        if mayTakeOfAll { holdsPartitions = false }
        // Until the consumer has heard of it: what waits may grow, too, without anybody's doing.
        let isDown = !backpressure.isFlowing && before > depth && backpressure.isDown(depth, waiting: waitingCount)
        return Wakes(consumer: mayTakeOfAll || isDown, slots: idleSlotToWake())
    }

    /// An idle slot to wake for what waits in the queue, if there is one and something waits. One that idles while steps
    /// are queued does so because none of them could begin; where several can, each is woken by the one before it. What
    /// waits for others of its lane is nothing to wake for.
    mutating func idleSlotToWake() -> [Int] {
        guard queue.count > queue.lanes.blockedCount, !isOutputFull, let slot = slots.wakeIdle() else { return [] }
        return [slot]
    }
}
