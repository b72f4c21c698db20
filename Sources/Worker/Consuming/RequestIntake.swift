import Hosting
import Kafka
import Messages
import Scheduling
import Strategies

/// Reads and checks what comes from Kafka: a step that can run, or a refusal that says why.
struct RequestIntake: Sendable {
    /// A request the node will not run.
    struct Refusal {
        let requestID: String
        let strategyIndex: Int
        let strategy: String?
        let problem: RequestProblem
        var type = "backtest"
        let labels: [UInt8]
    }

    enum Verdict {
        case step(Step)
        case refused(Refusal)
    }

    let topic: String
    let ordering: Ordering
    let strategies: StrategyList
    let ceilings: ResourceLimits
    /// What a step asks for beyond this can never be given.
    let resources: ResourceBudget

    /// A host takes frames of so many bytes; an external strategy's request may grow by its defaults.
    private static let largestRequest = HostFraming.maximumPayload - 65_536

    func origin(of record: KafkaRecord) -> RequestOrigin {
        RequestOrigin(topic: topic, partition: record.partition, offset: record.offset, key: record.key)
    }

    func headers(of record: KafkaRecord) -> [MessageHeader] {
        record.headers.map { MessageHeader(name: $0.name, value: $0.value) }
    }

    /// - Parameter failures: how many runs of it have failed before it was taken.
    func examine(
        _ record: KafkaRecord, coordinates: RequestCoordinates, token: UInt64, failures: Int = 0, at now: MonotonicTime
    ) -> Verdict {
        let origin = origin(of: record)
        guard let value = record.value else {
            return .refused(nameless(origin, "the record is a tombstone (it has no value)"))
        }
        let request: StrategyRequest
        do {
            request = try StrategyRequest.parse(value)
        } catch {
            return .refused(
                Refusal(
                    requestID: error.requestID ?? origin.coordinates,
                    strategyIndex: error.strategy.map(strategies.index) ?? strategies.unknownIndex,
                    strategy: error.strategy, problem: error.problem, type: error.type, labels: []))
        }
        do throws(RequestProblem) {
            guard value.count <= Self.largestRequest else {
                throw RequestProblem(
                    .invalidRequest,
                    "the request has \(value.count) bytes, must have at most \(Self.largestRequest); put the bars into "
                        + "a data set (optimizer import)")
            }
            let index = try strategies.check(request)
            let limits = try strategies.ceilings(of: request, ceilings).lowered(to: request.limits)
            try resources.check(limits)
            return .step(
                Step(
                    request: request, origin: origin, headers: headers(of: record),
                    coordinates: coordinates, lane: ordering.lane(partition: record.partition, key: record.key),
                    strategyIndex: index, limits: limits, arrivedAt: now, recordTime: record.time, token: token,
                    attempt: failures + 1,
                    failureCount: failures))
        } catch {
            return .refused(
                Refusal(
                    requestID: request.requestID, strategyIndex: strategies.index(of: request.strategy),
                    strategy: request.strategy, problem: error, type: request.type, labels: request.labels))
        }
    }

    private func nameless(_ origin: RequestOrigin, _ what: String) -> Refusal {
        Refusal(
            requestID: origin.coordinates, strategyIndex: strategies.unknownIndex, strategy: nil,
            problem: RequestProblem(.invalidRequest, "\(what); a JSON object with request_id and strategy is needed"),
            labels: [])
    }
}
