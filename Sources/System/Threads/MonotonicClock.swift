import CLinux
package import Scheduling

extension MonotonicTime {
    /// The time now, of `CLOCK_MONOTONIC`.
    package static func now() -> MonotonicTime {
        MonotonicTime(nanoseconds: linux_monotonic_ns())
    }

    /// Nanoseconds left until this time, never negative.
    package func nanosecondsLeft() -> Int64 {
        max(0, nanoseconds(since: .now()))
    }
}
