package import Scheduling

/// What a host may still use of a processor, in the manner of `cpu.max`: so much in each period of 100 ms. What it
/// used too much is taken from the periods that follow; what it left is lost.
package struct CPUBucket: Sendable {
    package static let periodNanoseconds: Int64 = 100_000_000

    /// What each period gives, in nanoseconds of processor time.
    private let quota: Int64
    private var left: Int64
    private var periodEnd: MonotonicTime

    /// - Parameter percent: of one core.
    package init(percent: Int, at now: MonotonicTime) {
        quota = Int64(percent) * Self.periodNanoseconds / 100
        left = quota
        periodEnd = now.adding(nanoseconds: Self.periodNanoseconds)
    }

    package var isSpent: Bool { left <= 0 }

    /// Takes off what was used up to now.
    package mutating func charge(_ nanoseconds: Int64, at now: MonotonicTime) {
        left -= nanoseconds
        let late = now.nanoseconds(since: periodEnd)
        guard late >= 0 else { return }
        let periods = late / Self.periodNanoseconds + 1
        left = min(quota, left + quota.multipliedReportingOverflow(by: periods).partialValue)
        periodEnd = periodEnd.adding(nanoseconds: periods * Self.periodNanoseconds)
    }

    /// When to look again: where it is spent, when a period brings it above zero; else when it would be spent at the
    /// earliest, by a host that uses `cores` cores.
    package func nextLook(at now: MonotonicTime, cores: Double) -> MonotonicTime {
        guard isSpent else { return now.adding(nanoseconds: Int64(Double(left) / max(1, cores))) }
        let periods = -left / quota
        return periodEnd.adding(nanoseconds: periods * Self.periodNanoseconds)
    }
}
