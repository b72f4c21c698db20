package import Messages

/// What a node may give to its steps, and what it has given. A step counts with its limits, not with what it uses: it
/// may use that much at any moment.
package struct ResourceBudget: Sendable {
    /// What the node may use at all, in units of 2^20 bytes: the machine's memory, or its cgroup's limit.
    package let memoryMB: Int
    /// What the node's own process needs of it, at least.
    package let ownMB: Int
    /// Of one core, for all steps together; nil: no bound.
    package let cpuPercent: Int?
    /// Anonymous memory that others hold, this node's own process among them, in units of 2^20 bytes. What the page
    /// cache holds can be had back, and does not count.
    package var othersMB = 0
    private var given: [UInt64: ResourceLimits] = [:]
    package private(set) var givenMB = 0
    package private(set) var givenCPUPercent = 0

    package init(memoryMB: Int, ownMB: Int = 0, cpuPercent: Int? = nil) {
        self.memoryMB = memoryMB
        self.ownMB = ownMB
        self.cpuPercent = cpuPercent
    }

    package static let unbounded = ResourceBudget(memoryMB: .max)

    /// Whether nothing is given: then nothing can come back.
    package var isIdle: Bool { given.isEmpty }

    /// What a step with these limits would have to wait for; nil: it fits.
    package func obstacle(to limits: ResourceLimits) -> WaitReason? {
        if memoryMB - othersMB - givenMB < limits.memoryMB { return .memory }
        if let cpuPercent, cpuPercent - givenCPUPercent < limits.cpuPercent { return .cpu }
        return nil
    }

    /// Refuses limits that would not fit if nothing else ran.
    package func check(_ limits: ResourceLimits) throws(RequestProblem) {
        if limits.memoryMB > memoryMB - ownMB {
            throw RequestProblem(
                .limitsNotAvailable,
                "limits.memory_mb is \(limits.memoryMB), and this node has \(memoryMB - ownMB) MB for its steps; "
                    + "ask for less",
                isRetryable: true)
        }
        if let cpuPercent, limits.cpuPercent > cpuPercent {
            throw RequestProblem(
                .limitsNotAvailable,
                "limits.cpu_percent is \(limits.cpuPercent), and the steps of this node may use \(cpuPercent) together "
                    + "(limits.maxNodeCpuPercent); ask for less",
                isRetryable: true)
        }
    }

    mutating func give(_ limits: ResourceLimits, to token: UInt64) {
        given[token] = limits
        givenMB += limits.memoryMB
        givenCPUPercent += limits.cpuPercent
    }

    /// - Returns: whether the step had been given anything.
    mutating func takeBack(from token: UInt64) -> Bool {
        guard let limits = given.removeValue(forKey: token) else { return false }
        givenMB -= limits.memoryMB
        givenCPUPercent -= limits.cpuPercent
        return true
    }
}

/// What a queued step waits for, other than a slot. The raw values are those of the metric.
package enum WaitReason: String, Sendable, CaseIterable {
    case lock, memory, cpu
    /// Its strategy has as many slots as it may have now.
    case throttle
    /// No host of its strategy could be started.
    case start
    /// Another one of its key, or of its partition, comes before it.
    case key, partition
}
