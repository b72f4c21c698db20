import Scheduling
import System

/// The data thread: looks at the market data, which come by import, which is seldom. The directory may lie on a disk
/// that does not answer, for as long as that lasts; nothing waits for it.
final class DataWatch: Sendable {
    private static let intervalMs = 60_000

    private let root: String
    private let metrics: NodeMetrics
    private let heartbeats: Heartbeats
    private let end: ThreadEnd

    init(root: String, metrics: NodeMetrics, heartbeats: Heartbeats) throws(SystemFailure) {
        self.root = root
        self.metrics = metrics
        self.heartbeats = heartbeats
        end = try ThreadEnd()
    }

    /// Asks the thread to end, which it does after the read it sits in; nobody has to wait for that.
    func stop() { end.ask() }

    /// The thread's body.
    func run() {
        var next = MonotonicTime.now()
        while end.mayGoOn {
            let now = MonotonicTime.now()
            heartbeats.beat(.data, at: now)
            if now >= next {
                next = now.adding(milliseconds: Self.intervalMs)
                metrics.showData(in: root)
            }
            heartbeats.rest(.data, until: next)
            end.sleep(until: next)
        }
    }
}
