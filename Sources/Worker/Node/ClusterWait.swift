import Kafka
import Scheduling
import Synchronization
import System

/// Waits until the cluster has what a node needs: asks for it again and again, and says what is in the way.
///
/// A broker may keep its answer back, so it is asked on a thread of its own, which nobody waits for: the caller's looks
/// for the answer, and for the node's end. What that thread may still be told after the end is of no use to anybody.
final class ClusterWait: Sendable {
    /// Called on the asking thread, at growing intervals: what is in the way, and whether that is another than before.
    typealias Report = @Sendable (_ obstacle: StartObstacle, _ isNews: Bool) -> Void

    private let check: TopicCheck
    private let clients: KafkaClients
    private let limitMs: Int?
    /// Made readable when there is an answer.
    private let wake: WakeDescriptor
    private let report: Report
    private let answer = Mutex<Result<TopicCheck.Cluster, NodeFailure>?>(nil)
    private let isGivenUp = Atomic(false)

    /// - Parameters:
    ///   - limitMs: how long it may take; nil is without end.
    ///   - wake: what the thread that calls `run` waits on.
    init(
        check: TopicCheck, clients: KafkaClients, limitMs: Int?, wake: WakeDescriptor, report: @escaping Report
    ) {
        self.check = check
        self.clients = clients
        self.limitMs = limitMs
        self.wake = wake
        self.report = report
    }

    /// Blocks until the answer is there, or `isStopRequested` holds when `wake` is signalled.
    ///
    /// - Returns: nil where it was given up.
    /// - Throws: `NodeFailure` naming all that is in the way, where waiting does not help or the limit has passed.
    func run(until isStopRequested: () -> Bool) throws(NodeFailure) -> TopicCheck.Cluster? {
        do throws(SystemFailure) {
            _ = try PermanentThread(name: "start") { self.ask() }
        } catch {
            throw NodeFailure(error.description, code: ExitCode.software)
        }
        while true {
            if isStopRequested() {
                isGivenUp.store(true, ordering: .releasing)
                return nil
            }
            if let answer = answer.withLock({ $0 }) { return try answer.get() }
            _ = wake.wait(until: nil)
        }
    }

    /// The asking thread's body.
    private func ask() {
        let found: Result<TopicCheck.Cluster, NodeFailure>
        do throws(NodeFailure) {
            guard let cluster = try askUntilItIsThere() else { return }
            found = .success(cluster)
        } catch {
            found = .failure(error)
        }
        answer.withLock { $0 = found }
        wake.signal()
    }

    private func askUntilItIsThere() throws(NodeFailure) -> TopicCheck.Cluster? {
        let admin: AdminClient
        let pause: WakeDescriptor
        do {
            admin = try clients.admin()
            pause = try WakeDescriptor()
        } catch {
            throw NodeFailure("cannot open a Kafka client: \(error)", code: ExitCode.configuration)
        }
        defer { admin.close() }
        let deadline = limitMs.map { MonotonicTime.now().adding(milliseconds: $0) }
        var schedule = WaitSchedule()
        while !isGivenUp.load(ordering: .acquiring) {
            let obstacle: StartObstacle
            do throws(StartObstacle) {
                return try check.ask(admin, clients, timeoutMs: schedule.askTimeoutMs)
            } catch {
                obstacle = error
            }
            let now = MonotonicTime.now()
            guard obstacle.mayPass, deadline.map({ now < $0 }) ?? true else {
                throw NodeFailure(obstacle.description, code: obstacle.code)
            }
            guard !isGivenUp.load(ordering: .acquiring) else { return nil }
            if let isNews = schedule.note(obstacle.description, at: now) { report(obstacle, isNews) }
            _ = pause.wait(until: now.adding(milliseconds: schedule.pauseMs))
        }
        return nil
    }
}

/// Why a node cannot begin yet, or cannot begin at all.
struct StartObstacle: Error, Sendable, Equatable, CustomStringConvertible {
    let description: String
    /// The exit code that says so.
    let code: Int32
    /// Whether it may pass by itself, or by what a person does elsewhere than in this node's configuration.
    let mayPass: Bool
}

/// When a start that waits asks again, and when it says what it waits for.
struct WaitSchedule {
    private static let firstReportMs = 5000
    private static let longestReportMs = 60_000

    private var attempts = 0
    private var reported: String?
    private var nextReport: MonotonicTime?
    private var reportMs = firstReportMs

    /// How long the next attempt may take: the first is short, so that a person who looks on hears of it soon.
    var askTimeoutMs: Int32 { attempts == 0 ? 2000 : 10_000 }

    /// How long to wait before the next attempt.
    var pauseMs: Int { min(5000, 500 << min(attempts, 4)) }

    /// Notes an attempt that failed.
    /// - Returns: nil where nothing need be said now; else whether the obstacle is another than the one said last.
    mutating func note(_ obstacle: String, at now: MonotonicTime) -> Bool? {
        attempts += 1
        let isNews = obstacle != reported
        if isNews {
            reported = obstacle
            reportMs = Self.firstReportMs
        } else {
            guard let nextReport, now >= nextReport else { return nil }
            reportMs = min(2 * reportMs, Self.longestReportMs)
        }
        nextReport = now.adding(milliseconds: reportMs)
        return isNews
    }
}
