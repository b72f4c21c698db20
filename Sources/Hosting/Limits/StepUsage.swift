/// What one step used, as far as it was seen.
package struct StepUsage: Sendable, Equatable {
    /// Processor time of the host, its threads and the children that were seen.
    package var cpuNanoseconds: Int64 = 0
    /// The largest resident set of the host and its children that was seen: at the end of the step, at the monitor's
    /// samples, and, where the host died, what the kernel says.
    package var peakBytes: Int64 = 0
    /// How long the host was stopped because it had used up its processor time.
    package var throttledNanoseconds: Int64 = 0

    package var cpuMs: Double { Double(cpuNanoseconds) / 1e6 }
    package var peakMB: Double { Double(peakBytes) / 1_048_576 }
    package var throttledMs: Double { Double(throttledNanoseconds) / 1e6 }

    /// The part of one of several steps that nobody has seen end one by one.
    func part(of steps: Int) -> StepUsage {
        var part = self
        part.cpuNanoseconds /= Int64(steps)
        part.throttledNanoseconds /= Int64(steps)
        return part
    }
}
