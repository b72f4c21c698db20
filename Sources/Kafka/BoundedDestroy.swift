internal import CRdKafka
internal import System

/// Destroys clients without waiting for ever.
///
/// `rd_kafka_destroy` ends when the last thread of the client has, and one of those may look up a name, shake hands with
/// a broker that does not answer, or wait for an answer that nobody sends any more. So a thread is made for it, which
/// is waited for as long as a client that is well may need and then left to itself: it holds nothing but the client.
package enum BoundedDestroy {
    /// A client that is well needs some milliseconds; one whose brokers are away, up to a second.
    package static let patienceMs: Int32 = 3000

    /// - Parameters:
    ///   - flags: `RD_KAFKA_DESTROY_F_…`.
    ///   - isPurged: drops what a producer has not sent, which waits for the same threads.
    /// - Returns: false where it is still under way, or could not be begun: the client then lasts as long as the process.
    @discardableResult
    static func run(
        _ client: OpaquePointer, flags: Int32 = 0, isPurged: Bool = false, patienceMs: Int32 = patienceMs
    ) -> Bool {
        run(patienceMs: patienceMs, Work { unsafe destroy(client, flags, isPurged) })
    }

    private static func destroy(_ client: OpaquePointer, _ flags: Int32, _ isPurged: Bool) {
        if isPurged { _ = unsafe rd_kafka_purge(client, RD_KAFKA_PURGE_F_QUEUE | RD_KAFKA_PURGE_F_INFLIGHT) }
        unsafe rd_kafka_destroy_flags(client, flags)
    }

    /// - Returns: whether the work was done in that time.
    static func run(patienceMs: Int32, _ work: Work) -> Bool {
        let thread = try? PermanentThread(name: "destroy") { work.body() }
        return thread?.join(withinMs: Int(patienceMs)) ?? false
    }

    /// What the thread does.
    ///
    /// Safety: made by one thread and called by the one it is handed to, which the start of a thread puts in order. The
    /// client in it is nobody else's any more.
    final class Work: @unchecked Sendable {
        let body: () -> Void
        init(_ body: @escaping () -> Void) { self.body = body }
    }
}
