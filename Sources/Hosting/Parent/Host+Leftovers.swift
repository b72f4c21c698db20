package import Scheduling

/// What earlier steps have left in a host.
extension Host {
    /// Whether what earlier steps have left in it is so much that a step with this limit on its memory could be ended for
    /// it. What it held before its first step is none of that: another host would hold it too.
    package func isTooFull(for limits: ResourceLimits) -> Bool {
        watch.residentBytes > Int64(limits.memoryMB) << 20 / 4 * 3 && hasLeftovers(for: limits)
    }

    /// Whether earlier steps have left something in it that counts beside this limit.
    package func hasLeftovers(for limits: ResourceLimits) -> Bool { counts(watch.leftBytes, beside: limits) }

    /// Whether it was so when its last step began, which may then have been ended for what it found.
    package func hadLeftovers(for limits: ResourceLimits) -> Bool { counts(watch.leftBytesAtBegin, beside: limits) }

    private func counts(_ bytes: Int64, beside limits: ResourceLimits) -> Bool {
        bytes > Int64(limits.memoryMB) << 20 / 16
    }
}
