import Configuration
import Glibc
import Messages
import Scheduling
import System
import TestSupport

@testable import Kafka
@testable import Worker

/// The four topics of one test: on an embedded broker of its own, or on the cluster `KAFKA_BOOTSTRAP_SERVERS` names.
///
/// Safety: written in `init` and `close` only; `close` is called by the test that made it, at its end.
final class TestKafka: @unchecked Sendable {
    let bootstrap: String
    let topics: TopicNames
    let group: String
    let broker: EmbeddedBroker?
    private let producer: KafkaProducer
    private var isClosed = false

    /// `TEST_GROUP_PROTOCOL=consumer`: nodes have their partitions from the broker.
    static let brokerAssigns = getenv("TEST_GROUP_PROTOCOL").map { String(cString: $0) } == "consumer"

    static let realBootstrap = getenv("KAFKA_BOOTSTRAP_SERVERS").map { String(cString: $0) }

    /// - Parameter replicas: on a cluster; nil: as many as its brokers give by themselves.
    init(
        partitions: Int = 4, replicas: Int? = 1, create: [String]? = nil,
        topicSettings: [ClientProperties.Property] = [], deadLetterSettings: [ClientProperties.Property] = []
    ) throws {
        try MachineTurn.require()
        let stem = "optimizer-test-\(getpid())-\(UInt32.random(in: 0...UInt32.max))"
        group = stem
        topics = TopicNames(
            requests: "\(stem).requests", results: "\(stem).results", metrics: "\(stem).metrics",
            deadLetters: "\(stem).dead-letters", control: "\(stem).control")
        let wanted = create.map { $0.map { "\(stem).\($0)" } } ?? topics.all
        if let real = Self.realBootstrap {
            bootstrap = real
            broker = nil
            let admin = try AdminClient(.admin(bootstrap: real))
            defer { admin.close() }
            let new = wanted.map { [topics] name in
                let more = name == topics.deadLetters ? deadLetterSettings : []
                return NewTopic(name: name, partitions: partitions, replicas: replicas, settings: topicSettings + more)
            }
            for outcome in try admin.create(new) {
                // Nobody else makes topics of these names: an answer was lost, and the client has asked again.
                if let failure = outcome.failure, failure.kind != .exists { throw failure }
            }
            try EachBroker.awaitTopics(wanted, bootstrap: bootstrap)
        } else {
            let broker = try EmbeddedBroker(topics: wanted.map { ($0, partitions) })
            self.broker = broker
            bootstrap = broker.bootstrapServers
        }
        do {
            producer = try KafkaProducer(
                .producer(bootstrap: bootstrap, embedded: broker != nil), wakeDescriptor: nil)
        } catch {
            broker?.close()
            throw error
        }
    }

    /// A test that fails on its way leaves nothing open either.
    deinit { close() }

    func close() {
        guard !isClosed else { return }
        isClosed = true
        producer.destroy()
        broker?.close()
        guard broker == nil, let admin = try? AdminClient(.admin(bootstrap: bootstrap)) else { return }
        defer { admin.close() }
        _ = try? admin.delete(topics.known)
    }

    /// The settings of a node on these topics. It does without a control topic, and without a client more.
    func settings(_ more: [String] = []) -> [String] {
        [
            "kafka.bootstrapServers=\(bootstrap)", "kafka.groupId=\(group)",
            "kafka.topics.requests=\(topics.requests)", "kafka.topics.results=\(topics.results)",
            "kafka.topics.metrics=\(topics.metrics)", "kafka.topics.deadLetters=\(topics.deadLetters)",
            "kafka.topics.control=null",
            "metrics.http=null", "metrics.intervalMs=200",
            // As short as Kafka lets it be: a node that is killed is missed sooner. Else the broker says it.
            Self.brokerAssigns ? "kafka.groupProtocol=consumer" : "kafka.consumer.session.timeout.ms=6000",
            // However slow the machine is, what ends by itself is not cut short.
            "limits.timeoutMs=\(Patience.milliseconds)", "shutdown.drainMs=\(Patience.milliseconds)",
        ] + (broker == nil ? [] : TestKafka.mockSettings) + more
    }

    /// What the mock needs: see the design's section on the embedded broker.
    private static let mockSettings = [
        "kafka.consumer.fetch.wait.max.ms=10", "kafka.client.reconnect.backoff.max.ms=500",
    ]

    // MARK: Requests and results

    /// Sends values to the requests topic (or another), spread over its partitions in order, and waits until they are
    /// stored.
    func submit(
        _ values: [[UInt8]?], keys: [[UInt8]?] = [], headers: [KafkaHeader] = [], to topic: String? = nil
    ) throws {
        var failure: KafkaFailure?
        for (index, value) in values.enumerated() {
            let key = index < keys.count ? keys[index] : nil
            while true {
                let outcome = producer.produce(
                    topic: topic ?? topics.requests, key: key, value: value, headers: headers, token: 0)
                if outcome == .queued { break }
                guard outcome == .full else { throw Failure("\(outcome)") }
                _ = producer.flushStep(timeoutMs: 100) { failure = $0.failure ?? failure }
            }
        }
        while !producer.flushStep(timeoutMs: 100, { failure = $0.failure ?? failure }) {}
        if let failure { throw failure }
    }

    /// Ninety requests of which the embedded broker keeps the last ones: it keeps 5 MiB of a partition.
    func submitMoreThanIsKept() throws {
        let filler = String(repeating: "x", count: 100_000)
        try submit((0..<90).map { request("r\($0)", more: #","note":"\#(filler)""#) })
    }

    func submit(_ texts: [String]) throws { try submit(texts.map { Array($0.utf8) }) }

    /// Reads a topic from its beginning until `enough` says so.
    func read(_ topic: String, until enough: ([KafkaRecord]) -> Bool) throws -> [KafkaRecord] {
        let reader = try TopicReader(
            .reader(bootstrap: bootstrap, embedded: broker != nil), topics: [(topic, .beginning)])
        defer { reader.close() }
        let deadline = MonotonicTime.now().adding(milliseconds: Patience.milliseconds)
        var records: [KafkaRecord] = []
        while MonotonicTime.now() < deadline {
            if case .record(_, let record) = reader.next(timeoutMs: 50) { records.append(record) }
            if enough(records) { return records }
        }
        throw Failure("only \(records.count) records of \(topic) within \(Patience.seconds) s")
    }

    /// The results, once there is at least one for each of `count` request ids. Each is checked against its schema,
    /// whatever the test wants of it.
    func results(_ count: Int) throws -> [TestResult] {
        var ids = Set<String>()
        var results: [TestResult] = []
        var seen = 0
        _ = try read(topics.results) { records in
            for record in records[seen...] {
                guard let result = TestResult(record) else { continue }
                results.append(result)
                ids.insert(result.requestID)
            }
            seen = records.count
            return ids.count >= count
        }
        for result in results {
            let problems = SchemaFile.of(result.json, .result, .sweepStepResult).problems(of: result.json)
            guard problems.isEmpty else { throw Failure("\(problems) in the result \(result.json.text)") }
        }
        return results
    }

    /// All that is in a topic now.
    func contents(_ topic: String) throws -> [KafkaRecord] {
        let reader = try TopicReader(
            .reader(bootstrap: bootstrap, embedded: broker != nil), topics: [(topic, .beginning)])
        defer { reader.close() }
        var records: [KafkaRecord] = []
        let deadline = MonotonicTime.now().adding(milliseconds: Patience.milliseconds)
        while MonotonicTime.now() < deadline {
            switch reader.next(timeoutMs: 100) {
            case .record(_, let record): records.append(record)
            case .caughtUp: return records
            case .idle, .failure: continue
            }
        }
        throw Failure("\(topic) has no end")
    }

    /// The metrics events so far. Each is checked against the schema, whichever test asks for whichever of them: what
    /// a test makes a node publish, down to deadlocks and stalls, is an event as described.
    func events() throws -> [JSONValue] {
        let events = try contents(topics.metrics).compactMap(\.value).map { try JSONValue.parse($0) }
        for event in events {
            let problems = EventSchema.problems(ofOwn: event)
            guard problems.isEmpty else { throw Failure("\(problems) in the event \(event.text)") }
        }
        return events
    }

    /// The metrics events of one kind so far.
    func events(_ kind: MetricsEvent.Kind) throws -> [JSONValue] {
        try events().filter { $0["event"]?.string == kind.rawValue }
    }

    /// Commits an offset for the group, which has no members yet.
    func commit(partition: Int32, nextOffset: Int64, metadata: String? = nil) throws {
        let wake = try WakeDescriptor()
        let consumer = try KafkaConsumer(
            .consumer(bootstrap: bootstrap, groupID: group, partitions: 1, embedded: broker != nil),
            wakeDescriptor: wake.descriptor)
        defer { consumer.destroy() }
        consumer.topic = topics.requests
        consumer.commit(
            [CommitEntry(partition: partition, nextOffset: nextOffset, metadata: metadata)], number: 1)
        var isCommitted = false
        try eventually("the commit is answered") {
            while let event = consumer.nextEvent() {
                guard case .committed(let results, of: 1) = event else { continue }
                if let failure = results.compactMap(\.failure).first { throw failure }
                isCommitted = true
            }
            return isCommitted
        }
    }
}

/// One result as a consumer sees it.
struct TestResult {
    let json: JSONValue
    let record: KafkaRecord

    init?(_ record: KafkaRecord) {
        guard let value = record.value, let json = try? JSONValue.parse(value) else { return nil }
        self.json = json
        self.record = record
    }

    var requestID: String { json["request_id"]?.string ?? "" }
    var status: String { json["status"]?.string ?? "" }
    var code: String? { json["error"]?["code"]?.string }
    var message: String { json["error"]?["message"]?.string ?? "" }
    var node: String { json["node"]?.string ?? "" }
}

/// A request that the offender's mode `locker` runs command by command, as `Locker` says.
func scripted(_ id: String, _ script: String, more: String = "") -> String {
    request(id, more: #","labels":{"script":"\#(script)"}\#(more)"#)
}

func request(_ id: String, _ strategy: String = "noop", _ parameters: String = "{}", more: String = "") -> String {
    #"{"request_id":"\#(id)","strategy":{"name":"\#(strategy)","parameters":\#(parameters)}\#(more)}"#
}

/// A request whose trades and curve have more than 100,000 bytes, and which has fewer itself.
func requestWithLargeResult(_ id: String) -> String {
    // Up and down by turns, so that every decision makes a trade.
    let bars = 0..<1000
    let closes = bars.map { $0 % 2 == 0 ? "100" : "101" }.joined(separator: ",")
    let times = bars.map { String($0 * 60_000) }.joined(separator: ",")
    let prices = ["open", "high", "low", "close"].map { #""\#($0)":[\#(closes)]"# }.joined(separator: ",")
    let data = #","data":{"inline":{"timeframe":"1m","time":[\#(times)],\#(prices)}}"#
    let output = #","output":{"trades":true,"equity_curve":"full"},"account":{"commission":0}"#
    return request(id, "momentum_roc", #"{"period":1}"#, more: data + output)
}
