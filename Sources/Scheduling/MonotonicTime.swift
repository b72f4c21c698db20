/// A point on the machine's monotonic clock. It only ever goes forward, and means nothing on another machine.
///
/// The clock itself is not here: whoever decides gets the time as an argument.
package struct MonotonicTime: Comparable, Hashable, Sendable {
    /// Nanoseconds since the clock's origin.
    package var nanoseconds: Int64

    package init(nanoseconds: Int64) {
        self.nanoseconds = nanoseconds
    }

    /// The time so many milliseconds later (earlier when negative); stops at the ends of the clock.
    package func adding(milliseconds: Int) -> MonotonicTime {
        let (added, tooLarge) = Int64(milliseconds).multipliedReportingOverflow(by: 1_000_000)
        return adding(nanoseconds: tooLarge ? (milliseconds < 0 ? .min : .max) : added)
    }

    /// The time so many nanoseconds later (earlier when negative); stops at the ends of the clock.
    package func adding(nanoseconds added: Int64) -> MonotonicTime {
        let (sum, tooLarge) = nanoseconds.addingReportingOverflow(added)
        return MonotonicTime(nanoseconds: tooLarge ? (added < 0 ? .min : .max) : sum)
    }

    /// Milliseconds from `earlier` to this time, negative when `earlier` is the later one.
    package func milliseconds(since earlier: MonotonicTime) -> Double {
        Double(nanoseconds(since: earlier)) / 1_000_000
    }

    /// Nanoseconds from `earlier` to this time; stops at the ends of `Int64`.
    package func nanoseconds(since earlier: MonotonicTime) -> Int64 {
        let (difference, tooLarge) = nanoseconds.subtractingReportingOverflow(earlier.nanoseconds)
        return tooLarge ? (self < earlier ? .min : .max) : difference
    }

    package static func < (left: MonotonicTime, right: MonotonicTime) -> Bool {
        left.nanoseconds < right.nanoseconds
    }
}
