import Kafka
import Messages
import Scheduling
import System

/// The consumer thread: the only owner of the consumer handle and of `NodeCore`, which decides; here events become its
/// inputs, and its actions are done.
///
/// It waits in one `poll(2)` on one eventfd that librdkafka, the slots and the signals write. Each turn drains every
/// queue it may drain; nothing in a turn blocks.
final class ConsumerLoop {
    let consumer: KafkaConsumer
    let producers: ResultProducers
    let state: NodeState
    let settings: NodeSettings
    let intake: RequestIntake
    let publisher: ResultPublisher
    let events: MetricsPublisher
    let metrics: NodeMetrics
    let health: NodeHealth
    let board: PartitionBoard
    let statistics: KafkaStatistics
    let errors: RecentErrors
    let heartbeats: Heartbeats
    let failures: KafkaFailures
    let log: Log

    var core: NodeCore
    /// nil: at least once.
    var transacting: Transacting?
    /// What ends the node early: the exit code that tells the supervisor to start it again.
    var exitCode: Int32 = 0
    /// Why it ends, and what there is to say to it.
    var end: (reason: NodeEnd.Reason, detail: String) = (.stopped, "")
    var lastTaken: [Int32: Timestamp] = [:]
    /// Partitions whose log is another than before, and which have not brought a record since.
    var resets: [Int32: LogReset] = [:]
    private var lastReport = MonotonicTime(nanoseconds: 0)
    private var averageRecordBytes = 300.0
    /// Steps that are about to be queued, for one turn of the lock that the slots want, too.
    private var accepted: [Step] = []
    private static let mostAccepted = 16
    /// What is taken of a partition before the next has its turn.
    private static let fewestAtOnce = 16

    /// A partition's log is read from another place than where reading should have gone on.
    struct LogReset {
        /// Where that was, if it is known.
        let expected: Int64?
    }

    init(
        consumer: KafkaConsumer, producers: ResultProducers, state: NodeState, settings: NodeSettings,
        intake: RequestIntake, publisher: ResultPublisher, events: MetricsPublisher, metrics: NodeMetrics,
        health: NodeHealth, board: PartitionBoard, statistics: KafkaStatistics, errors: RecentErrors,
        heartbeats: Heartbeats, failures: KafkaFailures, log: Log, caller: TransactionCaller? = nil
    ) {
        self.consumer = consumer
        self.producers = producers
        self.state = state
        self.settings = settings
        self.intake = intake
        self.publisher = publisher
        self.events = events
        self.metrics = metrics
        self.health = health
        self.board = board
        self.statistics = statistics
        self.errors = errors
        self.heartbeats = heartbeats
        self.failures = failures
        self.log = log
        core = NodeCore(
            NodeCore.Settings(
                revokeDrainMs: settings.revokeDrainMs, commitIntervalMs: settings.commitIntervalMs,
                delivery: settings.delivery))
        if let caller, let waiting = publisher.waiting { transacting = Transacting(waiting: waiting, caller: caller) }
    }

    /// Runs until the node has ended.
    func run() {
        while !isEnded {
            turn()
            if isEnded { return }
            _ = state.consumerWake.wait(until: nextDeadline(.now()))
        }
    }

    private var isEnded: Bool { core.phase == .ended }

    func turn() {
        // The clock is read once a turn: every decision in it is made at the same moment.
        let now = MonotonicTime.now()
        heartbeats.beat(.consumer, at: now)
        while let event = consumer.nextEvent() { handle(event, now) }
        drainDeliveries(now)
        advanceTransactions(now)
        if case .running = core.phase, health.isStopRequested { hear(.stop(drainMs: settings.drainMs), now) }
        let isLeaving = core.group.isLeaving
        hear(
            .turn(.init(assignmentLost: consumer.assignmentLost, isClosed: isLeaving && consumer.isClosed)), now)
        if case .running = core.phase { takeAll(now) }
        if core.hasToTell { decide { _ in } }
        if now.milliseconds(since: lastReport) >= 1000 {
            lastReport = now
            reportPartitions(now)
            metrics.kept(bytes: consumer.keptBytes)
            lookAtLogs(now)
        }
    }

    /// Where the partitions' logs end, and how far they are read: neither comes with a record.
    private func lookAtLogs(_ now: MonotonicTime) {
        let owned = core.owned
        hear(.positions(owned.reduce(into: [:]) { $0[$1] = consumer.position(of: $1) }), now)
        hear(.ends(owned.reduce(into: [:]) { $0[$1] = consumer.knownEnd(of: $1) }), now)
    }

    /// When the next turn is due though nothing has happened; at most a second away.
    private func nextDeadline(_ now: MonotonicTime) -> MonotonicTime {
        let second = now.adding(milliseconds: 1000)
        let latest = publisher.gatherDeadline.map { min($0, second) } ?? second
        let (backpressure, delayed) = decide { ($0.backpressure, $0.nextDue) }
        return core.nextDeadline(backpressure, delayed: delayed).map { min($0, latest) } ?? latest
    }

    // MARK: Taking

    /// Takes what there is room for, fairly from every partition, and holds or pauses when there is none.
    private func takeAll(_ now: MonotonicTime) {
        applyBackpressure(now)
        while true {
            let open = decide { core.takeable(&$0, at: now) }
            guard !open.partitions.isEmpty else { return }
            var taken = 0
            // Each look into a partition's queue costs as much as some records; the first is another one each time.
            let share = max(Self.fewestAtOnce, open.share)
            for partition in open.partitions where taken < open.room {
                taken += take(from: partition, limit: min(share, open.room - taken, roomInBytes), now)
            }
            applyBackpressure(now)
            if taken == 0 { return }
        }
    }

    /// How many records of the usual size there is room for. One that is larger is taken nevertheless, and the bound is
    /// passed by what lies prefetched at most.
    private var roomInBytes: Int {
        let left = settings.backpressure.maxInFlightBytes - core.inFlight.load.bytes
        return max(1, Int(Double(left) / averageRecordBytes))
    }

    private func take(from partition: Int32, limit: Int, _ now: MonotonicTime) -> Int {
        let result = consumer.take(from: partition, limit: limit) { accept($0, now) }
        admitAccepted()
        if let failure = result.failure { handle(failure, "reading partition \(partition)") }
        if result.records > 0 {
            let bytes = Double(result.bytes) / Double(result.records)
            averageRecordBytes += (bytes - averageRecordBytes) * 0.05
        }
        return result.records
    }

    private func accept(_ record: KafkaRecord, _ now: MonotonicTime) {
        lastTaken[record.partition] = record.time
        if !resets.isEmpty, let reset = resets.removeValue(forKey: record.partition) { noteBegun(reset, at: record) }
        let taken = core.take(
            partition: record.partition, offset: record.offset, digest: record.digest, bytes: record.size)
        switch taken {
        case .skip: break
        case .logChanged(let seek):
            logChanged(at: record, from: seek ?? record.offset)
            if let seek { consumer.seek(record.partition, to: seek) } else { accept(record, now) }
        case .repeated:
            log.debug(
                "a record came twice in one assignment and was dropped",
                JSONMember("partition", .integer(Int(record.partition))),
                JSONMember("offset", .integer(Int(record.offset))))
        case .run(let coordinates, let token, let failures):
            switch intake.examine(record, coordinates: coordinates, token: token, failures: failures, at: now) {
            case .step(let step):
                core.plan(InFlightRequest(step, recordTime: record.time))
                metrics.noteUnknownFields(step.request.unknownFields.count)
                accepted.append(step)
                if accepted.count >= Self.mostAccepted { admitAccepted() }
            case .refused(let refusal):
                refuse(record, refusal, token: token, now)
            }
        }
    }

    private func admitAccepted() {
        guard !accepted.isEmpty else { return }
        let woken = decide { [accepted] in $0.admit(accepted) }
        accepted.removeAll(keepingCapacity: true)
        state.wake(slots: woken)
    }

    private func refuse(_ record: KafkaRecord, _ refusal: RequestIntake.Refusal, token: UInt64, _ now: MonotonicTime) {
        let failure = StrategyResult.Failure(refusal.problem)
        let origin = intake.origin(of: record)
        let headers = intake.headers(of: record)
        core.plan(
            InFlightRequest(
                refused: .init(
                    token: token, requestID: refusal.requestID, type: refusal.type, strategy: refusal.strategy,
                    strategyIndex: refusal.strategyIndex, labels: refusal.labels, origin: origin, headers: headers,
                    arrivedAt: now, recordTime: record.time, failure: failure)))
        errors.note("rejected", failure.message, strategy: refusal.strategy, requestID: refusal.requestID)
        log.line(
            .info, "request rejected",
            [
                JSONMember("request_id", .string(refusal.requestID)), JSONMember("code", .string(failure.code)),
                JSONMember("reason", .string(failure.message)),
            ] + JSONMember.trace(headers))
        var result = StrategyResult(
            requestID: refusal.requestID, status: .rejected, failure: failure, origin: origin, node: settings.nodeID,
            timing: ResultTiming(queuedMs: 0, stepMs: 0, totalMs: 0))
        result.type = refusal.type
        result.strategy = refusal.strategy
        result.labels = refusal.labels
        publisher.publishRefused(result, original: record.value, token: token, headers: headers)
    }

    /// Pauses these partitions. What is prefetched of them is kept.
    func pause(_ partitions: [Int32]) {
        let lost = consumer.pause(partitions)
        metrics.paused(partitions: consumer.paused.count, discardedBytes: Int(Double(lost) * averageRecordBytes))
    }

    private func applyBackpressure(_ now: MonotonicTime) {
        let isOutputFull = state.isOutputFull || transacting?.waiting.isFull == true
        perform(state.decide { core.applyBackpressure(isOutputFull: isOutputFull, &$0, at: now) }, now)
        let asked = core.prefetchInQuestion(at: now)
        guard !asked.isEmpty else { return }
        hear(.prefetched(asked.reduce(into: [:]) { $0[$1] = PartitionPrefetch(consumer.prefetched(of: $1)) }), now)
    }
}

extension PartitionPrefetch {
    fileprivate init(_ found: Prefetched) {
        self.init(
            queued: found.queued, cameTo: found.cameTo, isComplete: found.isComplete,
            isNearlyUsedUp: found.isNearlyUsedUp)
    }
}

extension KafkaRecord {
    var time: Timestamp? { timestampMs.map(Timestamp.init(milliseconds:)) }
}

extension JSONValue {
    static func integers(_ values: [some BinaryInteger]) -> JSONValue { .array(values.map { .integer(Int($0)) }) }
}
