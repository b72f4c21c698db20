import Glibc
package import Scheduling

extension MonotonicTime {
    /// The time now, of `CLOCK_MONOTONIC`.
    package static func now() -> MonotonicTime {
        var time = timespec()
        clock_gettime(CLOCK_MONOTONIC, &time)
        return MonotonicTime(nanoseconds: Int64(time.tv_sec) * 1_000_000_000 + Int64(time.tv_nsec))
    }

    /// Nanoseconds left until this time, never negative.
    func nanosecondsLeft() -> Int64 {
        max(0, nanoseconds(since: .now()))
    }
}
