package import Messages

/// What one step may use.
package struct ResourceLimits: Equatable, Sendable {
    /// Of one core.
    package var cpuPercent: Int
    /// In units of 2^20 bytes.
    package var memoryMB: Int
    /// How long the step may run before it is killed.
    package var timeoutMs: Int

    package init(cpuPercent: Int, memoryMB: Int, timeoutMs: Int) {
        self.cpuPercent = cpuPercent
        self.memoryMB = memoryMB
        self.timeoutMs = timeoutMs
    }

    /// These ceilings, lowered to what a request asks for.
    ///
    /// - Throws: `RequestProblem` when it asks for more than a ceiling. Giving it less would end in a limit exceeded
    ///   that its submitter cannot explain, and another node may allow it.
    package func lowered(to requested: RequestedLimits) throws(RequestProblem) -> ResourceLimits {
        ResourceLimits(
            cpuPercent: try lower("cpu_percent", cpuPercent, to: requested.cpuPercent),
            memoryMB: try lower("memory_mb", memoryMB, to: requested.memoryMB),
            timeoutMs: try lower("timeout_ms", timeoutMs, to: requested.timeoutMs))
    }

    private func lower(_ name: String, _ ceiling: Int, to wanted: Int?) throws(RequestProblem) -> Int {
        guard let wanted else { return ceiling }
        guard wanted <= ceiling else {
            throw RequestProblem(
                .limitsNotAvailable, "limits.\(name) is \(wanted), this node allows at most \(ceiling)",
                isRetryable: true)
        }
        return wanted
    }
}
