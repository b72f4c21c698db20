import Synchronization

/// What is known of one host's use of the machine: its slot begins and ends steps here, the monitor adds samples.
final class HostWatch: Sendable {
    let pid: Int32
    private let meter: ProcessMeter
    private let state = Mutex(State())

    private struct State {
        var isClosed = false
        var usage = StepUsage()
        var cpuAtBegin: Int64 = 0
        var cpuAtLastLook: Int64 = 0
    }

    init(_ pid: Int32) {
        self.pid = pid
        meter = ProcessMeter(pid)
    }

    /// A step begins. Takes a microsecond.
    func begin() {
        let cpu = meter.cpuNanoseconds
        state.withLock { state in
            state.usage = StepUsage()
            state.cpuAtBegin = cpu ?? state.cpuAtLastLook
        }
    }

    /// The step has ended, or its host has.
    /// - Parameter peakBytes: the kernel's own word on the peak, where the host has died.
    /// - Returns: what it used. Takes two microseconds.
    func end(peakBytes: Int64 = 0) -> StepUsage {
        let cpu = meter.cpuNanoseconds
        let resident = meter.residentBytes
        return state.withLock { state in
            state.cpuAtLastLook = cpu ?? state.cpuAtLastLook
            state.usage.cpuNanoseconds = max(0, state.cpuAtLastLook - state.cpuAtBegin)
            state.usage.peakBytes = max(state.usage.peakBytes, resident, peakBytes)
            return state.usage
        }
    }

    /// The host is gone. A second call changes nothing.
    func close() {
        let mustClose = state.withLock { state in
            defer { state.isClosed = true }
            return !state.isClosed
        }
        if mustClose { meter.close() }
    }
}
