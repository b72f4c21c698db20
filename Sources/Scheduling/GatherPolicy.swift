/// Whether a result goes out by itself, or waits a little for others to go with.
///
/// A batch costs a broker, and both ends of the connection, hardly less with one record in it than with a hundred: some
/// hundred microseconds of processor, many times what the rest of a short step's way costs. So while results are few each
/// goes at once, and while they are many they gather: what that adds to the latency of one it takes from that of all, since
/// none waits behind a connection that is kept busy with batches of one.
package struct GatherPolicy: Sendable {
    /// Results that come faster than this gather: 1,500 a second, at which batches of one begin to fill a processor.
    package static let gapNanoseconds: Int64 = 1_000_000_000 / 1500
    /// The latest gap has a sixteenth of the average's weight, and counts as four of those above at most: the first
    /// results after a silence go at once, and a burst gathers from its twentieth or so on.
    private static let weight: Int64 = 16

    /// How long the first of those that gather waits, in nanoseconds.
    package let waitNanoseconds: Int64
    private var averageGap: Int64
    private var last: MonotonicTime?

    /// - Parameter waitMs: 0: none ever waits.
    package init(waitMs: Int) {
        waitNanoseconds = Int64(waitMs) * 1_000_000
        averageGap = 2 * Self.gapNanoseconds
    }

    /// A result is there.
    ///
    /// - Returns: whether it waits for others.
    package mutating func note(at now: MonotonicTime) -> Bool {
        let gap = last.map { max(0, now.nanoseconds(since: $0)) } ?? .max
        last = now
        averageGap += (min(gap, 4 * Self.gapNanoseconds) - averageGap) / Self.weight
        return waitNanoseconds > 0 && averageGap < Self.gapNanoseconds
    }
}
