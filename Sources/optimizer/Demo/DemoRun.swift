import Kafka
import Messages
import Scheduling
import System
import Worker

/// The demo from its first request to its last result: submits in bursts, reads results and metrics events, shows both.
final class DemoRun {
    /// Far more than it takes, for a machine that has much else to do.
    private static let joinMs = 120_000
    /// So long without a new result, though some are missing, is too long.
    private static let silenceMs = 60_000
    /// What the last metrics events, which tell of the last resumption, may take.
    private static let settleMs = 20_000

    private let topics: TopicNames
    private let nodes: DemoNodes
    private let producer: KafkaProducer
    private let reader: TopicReader
    private let signals: SignalWait
    private let view: DemoView
    private var workload: DemoWorkload
    private var figures: DemoFigures
    private let startedAt = MonotonicTime.now()

    init(
        topics: TopicNames, nodes: DemoNodes, producer: KafkaProducer, reader: TopicReader, signals: SignalWait,
        view: DemoView, workload: DemoWorkload
    ) {
        self.topics = topics
        self.nodes = nodes
        self.producer = producer
        self.reader = reader
        self.signals = signals
        self.view = view
        self.workload = workload
        figures = DemoFigures(requests: workload.total)
    }

    /// - Throws: why the run cannot end well.
    func run() throws(CommandFailure) -> DemoSummary {
        try awaitNodes()
        let begin = MonotonicTime.now()
        try submitAndCollect()
        let seconds = MonotonicTime.now().milliseconds(since: begin) / 1000
        try settle()
        view.show(.ending, figures, workload, at: .now())
        try nodes.stop()
        return DemoSummary(figures: figures, workload: workload, seconds: seconds)
    }

    /// Waits until every node has joined the group and has partitions, so that the load meets both.
    private func awaitNodes() throws(CommandFailure) {
        let deadline = startedAt.adding(milliseconds: Self.joinMs)
        while figures.nodes.values.filter({ !$0.partitions.isEmpty && $0.hasFigures }).count < DemoNodes.count {
            guard MonotonicTime.now() < deadline else {
                throw CommandFailure(
                    "only \(figures.nodes.count) of \(DemoNodes.count) nodes have joined the group within "
                        + "\(Self.joinMs / 1000) s")
            }
            try turn(.starting)
        }
    }

    private func submitAndCollect() throws(CommandFailure) {
        var nextBurst = MonotonicTime.now()
        var lastResult = nextBurst
        var seen = 0
        while figures.completed < workload.total {
            let now = MonotonicTime.now()
            if now >= nextBurst, !workload.isExhausted {
                try submit(burst: workload.burst)
                nextBurst = now.adding(milliseconds: DemoWorkload.burstMs)
            }
            try turn(.running)
            if figures.completed > seen || workload.submitted == figures.completed { lastResult = .now() }
            seen = figures.completed
            guard MonotonicTime.now() < lastResult.adding(milliseconds: Self.silenceMs) else { throw missing() }
        }
    }

    private func missing() -> CommandFailure {
        let first = figures.firstMissing(below: workload.submitted).map(DemoWorkload.requestID) ?? "none"
        return CommandFailure(
            "\(workload.submitted - figures.completed) of \(workload.submitted) results are missing, and no new one came "
                + "for \(Self.silenceMs / 1000) s; the first missing is that of \(first)")
    }

    /// The results are all here; the metrics events that say how the queues emptied may still be on their way.
    private func settle() throws(CommandFailure) {
        let deadline = MonotonicTime.now().adding(milliseconds: Self.settleMs)
        while figures.queued + figures.running + figures.pausedNow > 0
            || figures.nodes.values.reduce(0, { $0 + $1.done }) < workload.total,
            MonotonicTime.now() < deadline
        {
            try turn(.running)
        }
    }

    /// One turn: reads what has come, looks after the nodes and the user, and draws when it is time.
    private func turn(_ phase: DemoPhase) throws(CommandFailure) {
        try read()
        try nodes.check()
        if signals.arrived() != nil || view.isInterrupted {
            throw CommandFailure("interrupted; the nodes have been ended", code: ExitCode.interrupted)
        }
        let now = MonotonicTime.now()
        guard view.isDue(at: now) else { return }
        figures.noteDepth(keep: DemoView.historyWidth)
        view.show(phase, figures, workload, at: now)
    }

    // MARK: Kafka

    private func submit(burst: Int) throws(CommandFailure) {
        for _ in 0..<burst {
            guard let request = workload.take() else { break }
            let outcome = producer.produce(
                topic: topics.requests, key: Array(request.id.utf8), value: request.bytes, token: 0)
            switch outcome {
            case .queued: continue
            case .full: return workload.putBack()
            case .failed(let failure): throw CommandFailure("\(request.id) cannot be submitted: \(failure)")
            }
        }
    }

    /// Takes what has come, for at most a few milliseconds, so that the screen keeps its pace.
    private func read() throws(CommandFailure) {
        var problem: KafkaFailure?
        producer.drainDeliveries { problem = problem ?? $0.failure }
        while producer.nextEvent() != nil {}
        if let problem { throw CommandFailure("a request was not taken by the broker: \(problem)") }
        let until = MonotonicTime.now().adding(milliseconds: 20)
        repeat {
            switch reader.next(timeoutMs: 10) {
            case .record(let topic, let record): try take(record, from: topic)
            case .caughtUp: break
            case .idle: return
            case .failure(let failure):
                guard failure.isTemporary else { throw CommandFailure("the results cannot be read: \(failure)") }
            }
        } while MonotonicTime.now() < until
    }

    private func take(_ record: KafkaRecord, from topic: String) throws(CommandFailure) {
        let value: JSONValue
        do {
            value = try JSONValue.parse(record.value ?? [])
        } catch {
            throw CommandFailure("what lies at \(topic)-\(record.partition)-\(record.offset) is not JSON: \(error)")
        }
        if topic == topics.metrics {
            figures.take(event: value, at: .now())
        } else {
            figures.take(result: value, of: workload)
            if let failure = figures.failure { throw CommandFailure(failure) }
        }
    }
}
