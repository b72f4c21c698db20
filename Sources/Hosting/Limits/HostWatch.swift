import Glibc
import Scheduling
import Synchronization
import System

/// What one host uses and what it may use. Its slot begins and ends steps here; the monitor, if there is one, looks
/// every now and then, holds the host back and ends it.
///
/// Every signal is sent under the lock and only until `retire`: afterwards the process may be reaped, and its number
/// another's.
final class HostWatch: Sendable {
    let pid: Int32
    let cgroup: HostCgroup?
    private let settings: IsolationSettings?
    private let meter: ProcessMeter
    private let state: Mutex<State>
    private let onBegin: @Sendable () -> Void

    private struct State {
        var isRetired = false
        var isStepRunning = false
        var limits: ResourceLimits?
        var bucket: CPUBucket?
        var usage = StepUsage()
        /// What the host held when its last step ended.
        var residentAtEnd: Int64 = 0
        /// What it held before its first step.
        var residentWhenFresh: Int64?
        /// What the steps before the one that runs, or ran last, had left in it.
        var leftAtBegin: Int64 = 0
        var breach: LimitBreach?
        /// The host's own processor time, and its children's as the monitor saw it last.
        var cpuAtBegin: Int64 = 0
        var cpuSeen: Int64 = 0
        var childCPUAtBegin: Int64 = 0
        var childCPU: Int64 = 0
        /// What has been charged to the bucket.
        var cpuCharged: Int64 = 0
        var lookedAt = MonotonicTime(nanoseconds: 0)
        var heldSince: MonotonicTime?
        var heldBeyondGroup: [Int32] = []
        var throttledByGroupAtBegin: Int64 = 0
        var beganAt = MonotonicTime(nanoseconds: 0)
        var isBusy = false

        var left: Int64 { max(0, residentAtEnd - (residentWhenFresh ?? residentAtEnd)) }
    }

    /// - Parameter onBegin: called at the start of every step, to wake the monitor where it sleeps.
    init(
        _ pid: Int32, cgroup: HostCgroup? = nil, settings: IsolationSettings? = nil,
        onBegin: @escaping @Sendable () -> Void = {}
    ) {
        self.pid = pid
        self.cgroup = cgroup
        self.settings = settings
        self.onBegin = onBegin
        meter = ProcessMeter(pid)
        var state = State()
        if let settings {
            state.limits = settings.ceilings
            state.bucket = CPUBucket(percent: settings.ceilings.cpuPercent, at: .now())
        }
        self.state = Mutex(state)
    }

    private var kernelLimitsCPU: Bool { cgroup?.controllers.contains(.cpu) == true }
    private var kernelLimitsMemory: Bool { cgroup?.controllers.contains(.memory) == true }

    // MARK: The slot's side

    /// A step begins. Takes a microsecond where its limits are those of the step before.
    func begin(_ limits: ResourceLimits?) {
        let cpu = meter.cpuNanoseconds
        let throttled = kernelLimitsCPU ? cgroup?.throttledNanoseconds : nil
        let changed = state.withLock { state -> ResourceLimits? in
            state.leftAtBegin = state.left
            state.usage = StepUsage()
            state.cpuSeen = cpu ?? state.cpuSeen
            state.cpuAtBegin = state.cpuSeen
            state.childCPUAtBegin = state.childCPU
            if let throttled {
                state.throttledByGroupAtBegin = throttled
                state.beganAt = .now()
            }
            state.isStepRunning = true
            guard let settings else { return nil }
            let wanted = limits ?? settings.ceilings
            guard wanted != state.limits else { return nil }
            if wanted.cpuPercent != state.limits?.cpuPercent {
                state.bucket = CPUBucket(percent: wanted.cpuPercent, at: .now())
            }
            state.limits = wanted
            return wanted
        }
        if let changed { cgroup?.limit(changed) }
        onBegin()
    }

    /// The step has ended, or its host has.
    /// - Parameters:
    ///   - peakBytes: the kernel's own word on the peak, where the host has died.
    ///   - goesOn: whether another step with the same limits has begun in its place.
    /// - Returns: what it used. Takes two microseconds.
    func end(peakBytes: Int64 = 0, goesOn: Bool = false) -> StepUsage {
        let cpu = meter.cpuNanoseconds
        let resident = meter.residentBytes
        let throttled = kernelLimitsCPU ? cgroup?.throttledNanoseconds : nil
        return state.withLock { state in
            defer { if goesOn { goOn(&state, throttled: throttled) } }
            state.isStepRunning = false
            state.residentAtEnd = resident
            letGo(&state, at: .now())
            state.cpuSeen = cpu ?? state.cpuSeen
            let children = state.childCPU - state.childCPUAtBegin
            state.usage.cpuNanoseconds = max(0, state.cpuSeen - state.cpuAtBegin) + max(0, children)
            state.usage.peakBytes = max(state.usage.peakBytes, resident, peakBytes)
            if let throttled {
                // The kernel adds up what it held back on each processor.
                let most = MonotonicTime.now().nanoseconds(since: state.beganAt)
                state.usage.throttledNanoseconds = min(most, max(0, throttled - state.throttledByGroupAtBegin))
            }
            return state.usage
        }
    }

    private func goOn(_ state: inout State, throttled: Int64?) {
        state.leftAtBegin = state.left
        state.isStepRunning = true
        state.usage = StepUsage()
        state.cpuAtBegin = state.cpuSeen
        state.childCPUAtBegin = state.childCPU
        guard let throttled else { return }
        state.throttledByGroupAtBegin = throttled
        state.beganAt = .now()
    }

    /// What the host held when its last step ended, in bytes: the next step would begin with it. 0 before the first.
    var residentBytes: Int64 { state.withLock { $0.residentAtEnd } }

    /// What its steps so far have left in it, in bytes.
    var leftBytes: Int64 { state.withLock { $0.left } }

    /// What the steps before the one that runs, or ran last, had left in it, in bytes.
    var leftBytesAtBegin: Int64 { state.withLock { $0.leftAtBegin } }

    /// It is about to begin its first step.
    func noteFresh() {
        let resident = meter.residentBytes
        state.withLock { $0.residentWhenFresh = resident }
    }

    /// The limit it was ended for.
    var breach: LimitBreach? { state.withLock { $0.breach } }

    /// The limits of its step, or of its last one.
    var limits: ResourceLimits? { state.withLock { $0.limits } }

    /// The kernel has killed in the host's group, or refused it a process, since it was started.
    var kernelBreach: LimitBreach? {
        guard let cgroup, let settings, let limits else { return nil }
        if kernelLimitsMemory, cgroup.memoryKills > 0 {
            let peak = cgroup.memoryPeakBytes.map { Int($0 >> 20) }
            return LimitBreach(resource: .memory, limit: limits.memoryMB, peak: peak)
        }
        if cgroup.controllers.contains(.pids), cgroup.refusedProcesses > 0 {
            return LimitBreach(resource: .processes, limit: settings.processes, peak: nil)
        }
        return nil
    }

    /// Kills the host's group of processes and all of its control group; from now on it gets no signal any more.
    func retire() {
        state.withLock { state in
            guard !state.isRetired else { return }
            killAll(&state, beyondGroup: state.heldBeyondGroup)
            state.isRetired = true
        }
    }

    /// The host is gone. Its descriptors are closed; a second call changes nothing.
    func close() {
        retire()
        meter.close()
    }

    // MARK: The monitor's side

    /// What a look at the host found.
    enum Look {
        /// It is gone.
        case gone
        /// Nothing of it moves; it is enough to look every second.
        case idle
        /// It works; to be looked at again then, at the latest.
        case busy(next: MonotonicTime)
    }

    var isBusy: Bool { state.withLock { $0.isStepRunning || $0.isBusy } }

    /// Looks at the host: charges what it used, holds it or lets it go on, ends it where it is beyond a limit.
    func look(_ tree: borrowing ProcessTree, at now: MonotonicTime) -> Look {
        let members = cgroup?.members
        let groupCPU = cgroup?.cpuNanoseconds
        let others = members.map { $0.filter { $0 != pid } } ?? tree.descendants
        let memory = meter.memory
        let otherBytes =
            members == nil ? tree.residentBytes : ProcessMeter.residentBytes(of: others, beyond: memory)
        return state.withLock { state in
            guard !state.isRetired else { return .gone }
            let own = meter.cpuNanoseconds ?? state.cpuSeen
            state.cpuSeen = own
            let childCPU = groupCPU.map { max(0, $0 - own) } ?? tree.cpuNanoseconds
            // The group's clock and the process's own differ by a moment; that is no child.
            if childCPU - state.childCPU > 1_000_000 || !others.isEmpty { state.childCPU = childCPU }
            let resident = memory.resident + otherBytes
            if state.isStepRunning { state.usage.peakBytes = max(state.usage.peakBytes, resident) }
            let used = charge(&state, at: now)
            if state.breach == nil, let breach = breach(state, resident: resident, processes: 1 + others.count) {
                state.breach = breach
                killAll(&state, beyondGroup: others)
                return .busy(next: now.adding(milliseconds: 10))
            }
            return decide(&state, used: used, others: others, at: now)
        }
    }

    /// Takes off what was used since the last look.
    /// - Returns: how many cores it used since then.
    private func charge(_ state: inout State, at now: MonotonicTime) -> Double {
        let total = state.cpuSeen + state.childCPU
        let used = max(0, total - state.cpuCharged)
        state.cpuCharged = max(total, state.cpuCharged)
        let elapsed = max(1, now.nanoseconds(since: state.lookedAt))
        state.lookedAt = now
        state.bucket?.charge(used, at: now)
        return Double(used) / Double(elapsed)
    }

    private func breach(_ state: State, resident: Int64, processes: Int) -> LimitBreach? {
        guard let settings, let limits = state.limits else { return nil }
        // First: many processes that share their pages seem to hold much memory.
        if processes > settings.processes {
            return LimitBreach(resource: .processes, limit: settings.processes, peak: processes)
        }
        if !kernelLimitsMemory, resident > Int64(limits.memoryMB) << 20 {
            return LimitBreach(resource: .memory, limit: limits.memoryMB, peak: Int(resident >> 20))
        }
        return nil
    }

    private func decide(_ state: inout State, used cores: Double, others: [Int32], at now: MonotonicTime) -> Look {
        // A host may go on burning between two steps; it then gets no more than in a step.
        state.isBusy = cores > 0.1 || state.heldSince != nil
        guard state.isStepRunning || state.isBusy else { return .idle }
        let tick = now.adding(milliseconds: 10)
        guard !kernelLimitsCPU, let bucket = state.bucket else { return .busy(next: tick) }
        if bucket.isSpent {
            if state.heldSince == nil { hold(&state, others: others, at: now) }
        } else {
            letGo(&state, at: now)
        }
        return .busy(next: min(tick, bucket.nextLook(at: now, cores: cores)))
    }

    // MARK: Signals; under the lock, before it is retired

    private func hold(_ state: inout State, others: [Int32], at now: MonotonicTime) {
        state.heldSince = now
        if cgroup?.freeze(true) == true { return }
        killpg(pid, SIGSTOP)
        state.heldBeyondGroup = others.filter { getpgid($0) != pid }
        for process in state.heldBeyondGroup { kill(process, SIGSTOP) }
    }

    private func letGo(_ state: inout State, at now: MonotonicTime) {
        guard let since = state.heldSince else { return }
        state.heldSince = nil
        state.usage.throttledNanoseconds += max(0, now.nanoseconds(since: since))
        guard !state.isRetired, cgroup?.freeze(false) != true else { return }
        killpg(pid, SIGCONT)
        for process in state.heldBeyondGroup { kill(process, SIGCONT) }
        state.heldBeyondGroup = []
    }

    private func killAll(_ state: inout State, beyondGroup others: [Int32]) {
        if cgroup?.kill() == true { return }
        killpg(pid, SIGKILL)
        for process in others { kill(process, SIGKILL) }
    }
}
