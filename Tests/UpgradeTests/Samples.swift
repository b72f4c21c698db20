import Foundation
import Kafka
import Messages
import TestSupport

@testable import Scheduling
@testable import Strategies
@testable import Worker

/// What this version writes, of the same things each time.
enum Samples {
    private static let time = Timestamp(milliseconds: 1_772_334_764_120)
    private static let origin = RequestOrigin(
        topic: "optimizer.requests", partition: 3, offset: 9, key: Array("k".utf8))
    private static let history = [
        FailedAttempt(attempt: 1, status: .crashed, code: "host_crashed", message: "signal 11", endedAt: time)
    ]
    private static let failure = StrategyResult.Failure(
        code: "deadline_exceeded", message: "not done within 1000 ms", isRetryable: true, details: "line 1\nline 2")

    static func lines(_ format: Format) throws -> [String] {
        switch format {
        case .commits: try commits.map(line)
        case .results: results.map { text($0.encoded()) }
        case .runs: [text(try Sweeping().run())]
        case .headers: [headers]
        case .deadLetters: deadLetters
        case .control:
            [CancelOrder.Target.request("r-1"), .sweep("s-1")].map { text(CancelOrder($0, time: time).encoded()) }
        case .recordDigests: recordDigests()
        case .sweepRequests: try Sweeping().requests().map(text)
        case .sweepResults: try Sweeping().results().map(text)
        case .requests, .events: []
        }
    }

    private static func text(_ bytes: [UInt8]) -> String { String(decoding: bytes, as: UTF8.self) }

    private static func object(_ members: [(String, JSONValue)]) -> String {
        JSONValue.object(members.map { JSONMember($0.0, $0.1) }).text
    }

    // MARK: Commits

    /// Long runs, single ones, several maps, what has failed, and those of a transaction.
    private static var commits: [CommitMetadata] {
        get throws {
            let long = try map([3...3, 5...900, 1000...1_000_000])
            let single = try map((0..<40).map { 11 + 2 * $0...11 + 2 * $0 })
            let failures = [
                FailureMark(offset: 12, digest: 77, count: 1), FailureMark(offset: 400, digest: 78, count: 2),
            ]
            return [
                CommitMetadata(maps: [long]), CommitMetadata(maps: [single, long]),
                CommitMetadata(maps: [single], failures: failures), CommitMetadata(failures: failures),
                CommitMetadata(maps: [single], failures: failures, transaction: TransactionMark(0xFEDC_BA98_7654_3210)),
                CommitMetadata(transaction: TransactionMark(7)),
            ]
        }
    }

    private static func map(_ runs: [ClosedRange<Int64>]) throws -> DoneMap {
        guard let first = runs.first?.lowerBound, let last = runs.last?.upperBound,
            let map = DoneMap(
                first: LogMark(offset: first - 2, digest: 0xFEDC_BA98_7654_3210), runs: runs,
                last: LogMark(offset: last, digest: 7))
        else { throw Failure("no done map") }
        return map
    }

    private static func line(_ metadata: CommitMetadata) throws -> String {
        guard
            let text = CommitMetadataCodec.encode(
                metadata.maps, failures: metadata.failures, transaction: metadata.transaction)
        else {
            throw Failure("nothing to commit")
        }
        return object([("text", .string(text))] + metadata.members)
    }

    private static func recordDigests() -> [String] {
        let records: [(time: Int64?, key: String?, value: String?)] = [
            (1_772_334_764_120, "k", #"{"request_id":"r-1"}"#), (nil, nil, ""), (0, "", nil),
        ]
        return records.map { time, key, value in
            let record = KafkaRecord(
                partition: 0, offset: 0, timestampMs: time, key: key.map { Array($0.utf8) },
                value: value.map { Array($0.utf8) }, headers: [])
            return object([
                ("time", time.map { .integer(Int($0)) } ?? .null), ("key", key.map(JSONValue.string) ?? .null),
                ("value", value.map(JSONValue.string) ?? .null), ("digest", .string(String(record.digest))),
            ])
        }
    }

    // MARK: Results and dead letters

    private static var results: [StrategyResult] {
        func result(_ status: ResultStatus, _ failure: StrategyResult.Failure? = nil) -> StrategyResult {
            StrategyResult(
                requestID: "r-1", status: status, failure: failure, origin: origin, node: "worker-1",
                timing: ResultTiming(queuedMs: 0.25, stepMs: 1000.5, totalMs: 2000.75))
        }
        var completed = result(.completed)
        completed.members = Array(#""strategy":{"name":"noop","version":1,"parameters":{}}"#.utf8)[...]
        completed.labels = Array(#"{"desk":"fx"}"#.utf8)
        completed.usage = ResultUsage(cpuMs: 0.125, maxRSSMB: 11.5, throttledMs: 0)
        var again = result(.timedOut, failure)
        (again.strategy, again.attempt, again.history) = ("burn", 2, history)
        return [completed, again]
            + [ResultStatus.failed, .rejected, .expired, .crashed, .resourceExceeded, .cancelled].map {
                result($0, StrategyResult.Failure(code: "some_code", message: "why", isRetryable: false))
            }
    }

    /// Without the time, which is that of the moment.
    private static var headers: String {
        let event = CloudEventHeaders.Event(partition: 3, offset: 9, time: .now())
        var headers: [(String, JSONValue)] = []
        CloudEventHeaders(node: "worker-1", idPrefix: "c1/optimizer.requests").write(event) { name, value in
            if "\(name)" != "ce_time" { headers.append(("\(name)", .string(text(value)))) }
        }
        return object(headers)
    }

    private static var deadLetters: [String] {
        let value = #"{"request_id":"r-1","strategy":{"name":"nope"}}"#
        let truncated = text(DeadLetter.truncated(origin: origin, failure: failure, size: 2_000_000))
        return [(value, []), (truncated, history)].map { value, history in
            let headers = DeadLetter.headers(origin: origin, failure: failure, node: "worker-1", history: history)
            return object([
                ("key", .string(text(DeadLetter.key(of: origin)))), ("value", .string(value)),
                (
                    "headers",
                    .object(headers.map { JSONMember($0.name, .string(text($0.value ?? []))) })
                ),
            ])
        }
    }
}

extension CommitMetadata {
    /// As the fixtures have it. Digests are text: they have more bits than JSON's readers keep.
    var members: [(String, JSONValue)] {
        func mark(_ mark: LogMark) -> JSONValue { .array([.integer(Int(mark.offset)), .string(String(mark.digest))]) }
        let maps = maps.map { map in
            JSONValue.object([
                JSONMember("first", mark(map.first)), JSONMember("last", mark(map.last)),
                JSONMember(
                    "runs",
                    .array(map.runs.map { .array([.integer(Int($0.lowerBound)), .integer(Int($0.upperBound))]) })),
            ])
        }
        let failures = failures.map {
            JSONValue.array([.integer(Int($0.offset)), .integer(Int($0.digest)), .integer(Int($0.count))])
        }
        let transaction = transaction.map { [("transaction", JSONValue.string(String($0.value)))] } ?? []
        return [("maps", .array(maps)), ("failures", .array(failures))] + transaction
    }
}

/// A sweep, and a single run, over a piece of the sample data.
struct Sweeping {
    private let folder: TemporaryFolder
    private let host: HostedStrategies
    let plan: SweepPlan

    static let document = """
        {"type":"optimization","optimization_id":"sample","strategy":{"name":"sma_crossover",
        "parameters":{"direction":"long_only"}},"data":{"dataset":"walk","timeframe":"1d"},
        "parameters":[{"name":"fast","min":2,"max":6,"step":2},{"name":"slow","values":[10,20]}],
        "parameter_constraints":[{"left":"fast","operator":"less","right":"slow"}],
        "objective":{"target":"sharpe_ratio","extremum":"max"},
        "constraints":[{"target":"trade_count","operator":"greaterOrEqual","target_value":1}],
        "out_of_sample":{"start":"2010-07-01"},"search":{"method":"grid","sets_per_step":4},
        "output":{"top":2,"heatmap":true}}
        """

    /// - Parameter isCut: without it in steps as large as they come: builds of before took no `sets_per_step`.
    init(isCut: Bool = true) throws {
        folder = try TemporaryFolder()
        let all = try CSVReader.read(Files.package + "/deploy/data/synth_walk.csv") { _ in }
        let table = BarTable(
            time: Array(all.time[..<200]), open: Array(all.open[..<200]), high: Array(all.high[..<200]),
            low: Array(all.low[..<200]), close: Array(all.close[..<200]), volume: Array(all.volume[..<200]))
        guard let name = DataSetName(dataset: "walk", timeframe: "1d") else { throw Failure("no name of a data set") }
        _ = try DataSetWriter.publish(ColumnFile.encode(table), as: name, under: folder.path)
        host = HostedStrategies(dataRoot: folder.path, engineVersion: ProductVersion.text)
        let text = isCut ? Self.document : Self.document.replacingOccurrences(of: #","sets_per_step":4"#, with: "")
        plan = try SweepPlan(Sweep.parse(Array(text.utf8)), dataRoot: folder.path)
    }

    func requests() -> [[UInt8]] { (0..<plan.stepCount).map(plan.request) }

    func results() throws -> [[UInt8]] {
        try requests().enumerated().map { step, request in
            try result(request, plan.requestID(ofStep: step), type: "optimization")
        }
    }

    func run() throws -> [UInt8] {
        let request = """
            {"request_id":"r-1","strategy":{"name":"sma_crossover","parameters":{"fast":5,"slow":20}},
            "data":{"dataset":"walk","timeframe":"1d","end":"2010-06-30"},"account":{"cash":1000},
            "output":{"trades":true,"equity_curve":"sampled"}}
            """
        return try result(Array(request.utf8), "r-1", type: "backtest")
    }

    /// What the results topic holds.
    private func result(_ request: [UInt8], _ id: String, type: String) throws -> [UInt8] {
        let reply = try HostReply.parse(host.run(request))
        guard reply.status == .completed else { throw Failure("\(id): \(reply.problem?.message ?? "")") }
        var result = StrategyResult(
            requestID: id, status: .completed,
            origin: RequestOrigin(topic: "optimizer.requests", partition: 0, offset: 0, key: nil), node: "worker-1",
            timing: ResultTiming(queuedMs: 0, stepMs: 0, totalMs: 0))
        (result.type, result.members) = (type, reply.members)
        return result.encoded()
    }
}
