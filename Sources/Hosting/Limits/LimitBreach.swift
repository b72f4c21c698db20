/// A limit that a host exceeded, and was ended for.
package struct LimitBreach: Sendable, Hashable {
    package enum Resource: String, Sendable {
        /// In units of 2^20 bytes.
        case memory
        /// Processes and threads.
        case processes
        /// The length of a file, in units of 2^20 bytes.
        case output
    }

    package let resource: Resource
    package let limit: Int
    /// The most that was seen of it; nil where the kernel refused it before anything could be seen.
    package let peak: Int?

    package init(resource: Resource, limit: Int, peak: Int?) {
        self.resource = resource
        self.limit = limit
        self.peak = peak
    }
}

extension LimitBreach: CustomStringConvertible {
    package var description: String {
        switch resource {
        case .memory:
            "the step exceeded its memory limit of \(limit) MB (limits.memory_mb)"
                + (peak.map { "; it held \($0) MB" } ?? "")
        case .processes: "the step started more than \(limit) processes" + (peak.map { "; it had \($0)" } ?? "")
        case .output: "the step wrote a file of more than \(limit) MB"
        }
    }
}
