import Scheduling
import System

/// The thread that tells the service manager how the node is, from its beginning to its end. It looks at what
/// `/healthz` and `/readyz` look at, and waits for nobody.
final class ServiceWatch: Sendable {
    private let manager: ServiceManager
    private let heartbeats: Heartbeats
    private let readiness: Readiness
    private let stopRequest: StopRequest
    private let end: ThreadEnd

    /// How often it looks where nobody watches.
    private static let intervalMs = 1000

    init(
        _ manager: ServiceManager, heartbeats: Heartbeats, readiness: Readiness, stop: StopRequest
    ) throws(SystemFailure) {
        self.manager = manager
        self.heartbeats = heartbeats
        self.readiness = readiness
        stopRequest = stop
        end = try ThreadEnd()
        stop.whenEnding { [end] in end.wake() }
    }

    func stop() { end.ask() }

    /// The thread's body.
    func run() {
        // Two looks may come late before the watchdog bites.
        let intervalMs = max(1, min(Self.intervalMs, (manager.watchdogMs ?? .max) / 3))
        var report = ServiceReport()
        while end.mayGoOn {
            let now = MonotonicTime.now()
            let before = report
            let words = report.words(
                for: ServiceReport.Condition(
                    stuck: heartbeats.stuckReason(at: now), unready: readiness.unreadyReason(at: now),
                    isEnding: stopRequest.isEnding))
            // What could not be sent is sent with the next.
            if !words.isEmpty, !manager.tell(words) { report = before }
            end.sleep(until: now.adding(milliseconds: intervalMs))
        }
    }
}
