import Scheduling
import Synchronization
import System

/// The data thread: looks at files that seldom change, the market data and what the clients' certificates and secrets were
/// read from. They may lie on a disk that does not answer, for as long as that lasts; nothing waits for it.
final class DataWatch: Sendable {
    private let intervalMs: Int
    private let root: String
    private let credentials: [CredentialFile]
    private let metrics: NodeMetrics
    private let heartbeats: Heartbeats
    private let log: Log
    private let end: ThreadEnd
    /// How often clients have been made that stay.
    private let clients = Atomic(0)
    /// How often somebody has asked.
    private let asks = Atomic(0)

    init(
        root: String, credentials: [CredentialFile], intervalMs: Int, metrics: NodeMetrics, heartbeats: Heartbeats,
        log: Log
    ) throws(SystemFailure) {
        self.root = root
        self.credentials = credentials
        self.intervalMs = intervalMs
        self.metrics = metrics
        self.heartbeats = heartbeats
        self.log = log
        end = try ThreadEnd()
    }

    /// Clients are about to be made that stay: what they read is what lies on the disk now. Any thread; it is this one
    /// that reads it.
    func noteClients() {
        clients.add(1, ordering: .releasing)
        end.wake()
    }

    /// Has the files looked at now, and what has changed told. Any thread.
    func lookNow() {
        asks.add(1, ordering: .relaxed)
        end.wake()
    }

    /// Asks the thread to end, which it does after the read it sits in; nobody has to wait for that.
    func stop() { end.ask() }

    /// The thread's body.
    func run() {
        var watch = CredentialWatch(credentials, metrics: metrics, log: log)
        var (known, heard, next) = (0, 0, MonotonicTime.now())
        while end.mayGoOn {
            let now = MonotonicTime.now()
            heartbeats.beat(.data, at: now)
            let clients = clients.load(ordering: .acquiring)
            let asks = asks.load(ordering: .relaxed)
            if clients != known || asks != heard || now >= next {
                next = now.adding(milliseconds: intervalMs)
                if clients != known { watch.noteRead() } else { watch.look(isAsked: asks != heard) }
                (known, heard) = (clients, asks)
                metrics.showData(in: root)
            }
            heartbeats.rest(.data, until: next)
            end.sleep(until: next)
        }
    }
}
