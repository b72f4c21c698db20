import Scheduling
import System

/// The data thread: looks at files that seldom change, the market data and what the clients' certificates and secrets were
/// read from. They may lie on a disk that does not answer, for as long as that lasts; nothing waits for it.
final class DataWatch: Sendable {
    private let intervalMs: Int
    private let root: String
    private let credentials: CredentialWatch
    private let metrics: NodeMetrics
    private let heartbeats: Heartbeats
    private let end: ThreadEnd

    init(
        root: String, credentials: CredentialWatch, intervalMs: Int, metrics: NodeMetrics, heartbeats: Heartbeats
    ) throws(SystemFailure) {
        self.root = root
        self.credentials = credentials
        self.intervalMs = intervalMs
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
                next = now.adding(milliseconds: intervalMs)
                credentials.look()
                metrics.showData(in: root)
            }
            heartbeats.rest(.data, until: next)
            end.sleep(until: next)
        }
    }
}
