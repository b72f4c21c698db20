import Configuration
import Kafka
import Messages
import Metrics
import Scheduling
import Synchronization
import System

/// The lag of one partition, as it was when the brokers were last asked.
struct PartitionLag: Sendable {
    let partition: Int32
    let committed: Int64?
    let end: Int64
    /// Records from the committed offset to the end.
    let records: Int64
    let askedAt: MonotonicTime
}

/// The lag thread: asks the brokers for what only they know. It may sit in a call for as long as one keeps it waiting,
/// with a client of its own: so nothing waits for it, neither while the node runs nor at its end, and what it last
/// heard grows old.
final class LagWatch: Sendable {
    private struct Findings {
        var lags: [Int32: PartitionLag] = [:]
        /// Since when the partitions are the node's.
        var since: [Int32: MonotonicTime] = [:]
        /// nil: not known.
        var unread: Int?
        /// When a broker last answered, or the watch began; nil before.
        var heardAt: MonotonicTime?
    }

    /// How long one request may take.
    private static let patienceMs: Int32 = 2000
    /// What waits for its acknowledgement for so long waits for something.
    private static let noticeableMs = 10_000
    /// The group is asked less often: describing it costs its coordinator more than an offset, and the more the more
    /// members it has. All of them ask: so each asks the more seldom the more there may be, or the coordinator's work
    /// would grow with their square; but often enough for the alert on what nobody reads, which looks at two minutes.
    /// - Parameter partitions: of the requests topic; members that have none are few.
    static func groupIntervalMs(partitions: Int) -> Int {
        min(mostGroupIntervalMs, max(leastGroupIntervalMs, partitions * 50))
    }

    private static let leastGroupIntervalMs = 15_000
    private static let mostGroupIntervalMs = 60_000

    private let settings: NodeSettings
    private let health: NodeHealth
    private let brokers: BrokerBoard
    private let board: PartitionBoard
    private let errors: RecentErrors
    private let heartbeats: Heartbeats
    private let log: Log
    private let findings = Mutex(Findings())
    private let end: ThreadEnd

    init(
        settings: NodeSettings, health: NodeHealth, brokers: BrokerBoard, board: PartitionBoard, errors: RecentErrors,
        heartbeats: Heartbeats, log: Log
    ) throws(SystemFailure) {
        self.settings = settings
        self.health = health
        self.brokers = brokers
        self.board = board
        self.errors = errors
        self.heartbeats = heartbeats
        self.log = log
        end = try ThreadEnd()
    }

    /// Asks the thread to end, which it does after the call it sits in; nobody has to wait for that.
    func stop() { end.ask() }

    var intervalMs: Int { settings.metricsIntervalMs }

    /// Of the node's partitions, where it is known.
    var lags: [PartitionLag] { findings.withLock { $0.lags.values.sorted { $0.partition < $1.partition } } }

    subscript(_ partition: Int32) -> PartitionLag? { findings.withLock { $0.lags[partition] } }

    /// Partitions of the requests topic that no member of the group reads; nil where that is not known.
    var unreadPartitions: Int? { findings.withLock { $0.unread } }

    /// The age of the oldest of what the lags are computed from: a partition of which nothing is known counts from when
    /// it became the node's. A node that has lost its partitions because no broker answers knows no lag either.
    func ageMs(at now: MonotonicTime) -> Double {
        findings.withLock { findings in
            let times = findings.since.map { findings.lags[$0.key]?.askedAt ?? $0.value }
            return max(0, now.milliseconds(since: min(times.min() ?? now, findings.heardAt ?? now)))
        }
    }

    /// The thread's body. The client is its own.
    func run(_ clients: KafkaClients, events: MetricsPublisher) {
        findings.withLock { $0.heardAt = .now() }
        var nextGroup = MonotonicTime.now()
        while end.mayGoOn {
            do throws(KafkaFailure) {
                let client = try clients.groupObserver()
                defer { client.close() }
                // The embedded broker does not know the question, and its client would hang.
                watch(client, events, canAskGroup: !clients.isEmbedded, &nextGroup)
            } catch {
                log.error("the lag cannot be watched", JSONMember("error", .string(error.description)))
                let next = MonotonicTime.now().adding(milliseconds: Self.mostGroupIntervalMs)
                heartbeats.rest(.lag, until: next)
                end.sleep(until: next)
            }
        }
    }

    /// Until the node ends, or another client is to be made.
    ///
    /// - Parameter nextGroup: when the group is asked next.
    private func watch(
        _ client: AdminClient, _ events: MetricsPublisher, canAskGroup: Bool, _ nextGroup: inout MonotonicTime
    ) {
        var next = MonotonicTime.now()
        while end.mayGoOn {
            let now = MonotonicTime.now()
            if client.isSpent(at: now) { return }
            heartbeats.beat(.lag, at: now)
            if now >= next {
                next = now.adding(milliseconds: settings.metricsIntervalMs)
                let isGroupDue = canAskGroup && now >= nextGroup
                let partitions = look(client, now, asksGroup: isGroupDue)
                if isGroupDue {
                    let interval = Self.groupIntervalMs(partitions: partitions ?? 0)
                    nextGroup = now.adding(milliseconds: client.hasOpenQuestion ? Self.mostGroupIntervalMs : interval)
                }
                diagnose(client, now)
                diagnose(events, client, now)
                // What the client has to say others say, too.
                client.drainEvents()
            }
            heartbeats.rest(.lag, until: next)
            end.sleep(until: next)
        }
    }

    /// - Returns: how many partitions the topic has, where that is known.
    private func look(_ client: AdminClient, _ now: MonotonicTime, asksGroup: Bool) -> Int? {
        let mine = health.partitions
        keep(mine, now)
        do throws(KafkaFailure) {
            let topic = try client.describe(topic: settings.topics.requests, timeoutMs: Self.patienceMs)
            findings.withLock { $0.heardAt = .now() }
            brokers.list(topic.brokers, at: .now())
            if asksGroup { askGroup(client, topic) }
            askLags(client, topic, mine, now)
            return topic.partitions.count
        } catch {
            log.debug("the lag could not be asked for", JSONMember("error", .string(error.description)))
            return nil
        }
    }

    /// Forgets partitions that were given up, and counts those that came from now on.
    private func keep(_ mine: Set<Int32>, _ now: MonotonicTime) {
        findings.withLock { findings in
            findings.lags = findings.lags.filter { mine.contains($0.key) }
            findings.since = Dictionary(uniqueKeysWithValues: mine.map { ($0, findings.since[$0] ?? now) })
        }
    }

    /// Each leader for its own partitions: one that is away costs no other's answer.
    private func askLags(_ client: AdminClient, _ topic: TopicState, _ mine: Set<Int32>, _ now: MonotonicTime) {
        guard !mine.isEmpty else { return }
        do throws(KafkaFailure) {
            let name = settings.topics.requests
            let committed = try client.committed(topic: name, partitions: mine.sorted(), timeoutMs: Self.patienceMs)
            let offsets = Dictionary(committed.map { ($0.partition, $0.nextOffset) }) { first, _ in first }
            for partitions in topic.byLeader(mine) {
                let marks = try? client.watermarks(topic: name, partitions: partitions, timeoutMs: Self.patienceMs)
                for (partition, marks) in marks ?? [:] { note(partition, offsets[partition] ?? nil, marks, now) }
            }
        } catch {
            log.debug("the committed offsets could not be asked for", JSONMember("error", .string(error.description)))
        }
    }

    private func note(_ partition: Int32, _ committed: Int64?, _ marks: Watermarks, _ now: MonotonicTime) {
        let lag = PartitionLag(
            partition: partition, committed: committed, end: marks.high, records: marks.toRead(from: committed),
            askedAt: now)
        // A partition given up meanwhile must not come back.
        findings.withLock { if $0.since[partition] != nil { $0.lags[partition] = lag } }
    }

    /// Says why results are not acknowledged, once that lasts.
    private func diagnose(_ client: AdminClient, _ now: MonotonicTime) {
        let ageMs = board.oldestUnacknowledgedMs(at: now)
        guard ageMs >= Double(min(Self.noticeableMs, settings.configuration.health.unacknowledgedMs)) else {
            return board.explain(nil)
        }
        let topics = [settings.topics.results, settings.topics.deadLetters]
        let found = DeliveryDiagnosis(client: client, topics: topics, timeoutMs: Self.patienceMs).look()
        let away = brokers.brokers.filter { $0.state == .down }.map { "broker \($0.address) cannot be reached" }
        let reason = found ?? (away.isEmpty ? "the brokers do not say why" : away.joined(separator: ", "))
        board.explain(reason)
        let message = "results have not been acknowledged for \(Int(ageMs / 1000)) s: \(reason)"
        guard errors.note("kafka", message, key: "unacknowledged") else { return }
        log.warning(
            "results are not acknowledged", JSONMember("oldest_ms", .integer(Int(ageMs))),
            JSONMember("reason", .string(reason)))
    }

    /// The same of metrics events.
    private func diagnose(_ events: MetricsPublisher, _ client: AdminClient, _ now: MonotonicTime) {
        guard events.unacknowledgedMs(at: now) >= Double(Self.noticeableMs) else { return }
        let topics = [settings.topics.metrics]
        let found = DeliveryDiagnosis(client: client, topics: topics, timeoutMs: Self.patienceMs).look()
        if let found { events.explain(found) }
    }

    private func askGroup(_ client: AdminClient, _ topic: TopicState) {
        let name = settings.topics.requests
        let group = settings.configuration.kafka.groupId
        let found = try? client.describe(group: group, topic: name, timeoutMs: Self.patienceMs)
        // While partitions change hands nobody has them: what held before holds.
        if let found, !found.isSettled { return }
        let unread = found.map { Set(topic.partitions.map(\.partition)).subtracting($0.partitions).count }
        findings.withLock { $0.unread = unread }
    }
}
