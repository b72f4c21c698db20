import Foundation
import Kafka
import Messages
import Metrics
import TestSupport
import Testing

@testable import Worker

@Suite struct ObservationTests {
    private static let root = URL(filePath: #filePath).deletingLastPathComponent().appending(path: "../..")

    /// Series that only something out of the ordinary brings into being, and what the embedded broker cannot say.
    private static let exceptional = Set([
        "optimizer_host_restarts_total", "optimizer_limit_breaches_total", "optimizer_publish_failures_total",
        "optimizer_kafka_errors_total", "optimizer_last_end_info", "optimizer_certificate_expiry_timestamp_seconds",
        "optimizer_credential_file_changed",
    ]).union(TestKafka.realBootstrap == nil ? ["optimizer_unread_partitions"] : [])

    /// A step that outlasts the test, and an end that does not wait for it.
    private static let stuck = ["limits.timeoutMs=600000", "shutdown.drainMs=0"]

    @Test func showsEveryMetricOfTheCatalogueOnARunningNode() async throws {
        try await onOwnThread {
            let kafka = try TestKafka()
            defer { kafka.close() }
            let node = try TestNode(
                kafka,
                [
                    "metrics.http=127.0.0.1:0", "kafka.client.statistics.interval.ms=200",
                    "pool.maxConcurrentStrategies=2", "limits.memoryMB=64",
                ])
            try kafka.submit((0..<20).map { request("r\($0)") } + ["{"])
            _ = try kafka.results(20)
            var missing: Set<String> = []
            try eventually("every metric is shown") {
                let page = try HTTPGet.text(node, "/metrics")
                missing = Set(MetricCatalogue.all.map(\.name)).subtracting(Self.exceptional)
                    .filter { !Self.hasSeries($0, in: page) }
                return missing.isEmpty
            } explaining: {
                "missing: \(missing.sorted())"
            }
            let page = try HTTPGet.text(node, "/metrics")
            #expect(Self.value("optimizer_requests_total", "strategy=\"noop\",status=\"completed\"", in: page) == 20)
            #expect(Self.value("optimizer_dead_letters_total", "", in: page) == 1)
            for client in ["consumer", "producer", "metrics"] {
                let label = "client=\"\(client)\""
                #expect(Self.value("optimizer_kafka_brokers_up", label, in: page) ?? 0 > 0, "\(client)")
                #expect(Self.value("optimizer_kafka_sent_bytes_total", label, in: page) ?? 0 > 0, "\(client)")
            }
            #expect(try node.stop() == 0)
        }
    }

    @Test func saysInStatusAndMetricsWhatBlocksAPartition() async throws {
        try await onOwnThread {
            let kafka = try TestKafka(partitions: 1)
            defer { kafka.close() }
            let node = try TestNode(
                kafka,
                ["metrics.http=127.0.0.1:0", "pool.maxConcurrentStrategies=2", "limits.memoryMB=64"] + Self.stuck)
            try kafka.submit([request("stuck", "sleep", #"{"ms":500000}"#), request("free")])
            try eventually("the stuck step is shown") {
                let status = try JSONValue.parse(Array(HTTPGet.text(node, "/status").utf8))
                let blocked = status["partitions"]?.elements?.first?["blocked_by"]
                return blocked?["request_id"]?.string == "stuck" && blocked?["state"]?.string == "running"
                    && blocked?["slot"]?.integer != nil && blocked?["age_ms"]?.double ?? 0 > 500
            }
            try eventually("its age is a metric") {
                Self.value(
                    "optimizer_blocked_offset_age_seconds", "partition=\"0\"", in: try HTTPGet.text(node, "/metrics")
                ) ?? 0 > 0.5
            }
            #expect(try node.stop() == 0)
        }
    }

    /// Fetches that wait for records stand in the way of whatever asks on their connections.
    @Test func knowsTheLagThoughAllItsFetchesWait() async throws {
        try await onOwnThread {
            let kafka = try TestKafka(partitions: 12)
            defer { kafka.close() }
            let node = try TestNode(
                kafka,
                [
                    "metrics.http=127.0.0.1:0", "kafka.consumer.fetch.wait.max.ms=5000",
                    "pool.maxConcurrentStrategies=2", "limits.memoryMB=64",
                ])
            try eventually("the lag of all partitions is known") {
                let status = try JSONValue.parse(Array(HTTPGet.text(node, "/status").utf8))
                let lags = status["partitions"]?.elements?.compactMap { $0["lag"]?.integer } ?? []
                return lags.count == 12 && lags.allSatisfy { $0 == 0 }
            }
            #expect(try node.stop() == 0)
        }
    }

    /// A partition's leader is taken away, which needs the embedded broker.
    @Test(.enabled(if: TestKafka.realBootstrap == nil))
    func knowsTheLagOfTheOthersWhereAPartitionHasNoLeader() async throws {
        try await onOwnThread {
            let kafka = try TestKafka(partitions: 3)
            defer { kafka.close() }
            let node = try TestNode(
                kafka, ["metrics.http=127.0.0.1:0", "pool.maxConcurrentStrategies=2", "limits.memoryMB=64"])
            func lags() throws -> [(records: Int?, askedAt: String)] {
                let status = try JSONValue.parse(Array(HTTPGet.text(node, "/status").utf8))
                return (status["partitions"]?.elements ?? []).map {
                    ($0["lag"]?.integer, $0["lag_as_of"]?.string ?? "")
                }
            }
            try eventually("the lag of all is told") {
                let lags = try lags()
                return lags.count == 3 && lags.allSatisfy { $0.records == 0 }
            }
            kafka.broker?.setLeader(of: kafka.topics.requests, partition: 1, broker: -1)
            try eventually("the lag of the others is asked for again and told, that of the one is of before") {
                let lags = try lags()
                return lags[0].records == 0 && lags[2].records == 0
                    && min(lags[0].askedAt, lags[2].askedAt) > lags[1].askedAt
            }
            #expect(try node.stop() == 0)
        }
    }

    @Test func theSeriesOfAPartitionGoWithIt() async throws {
        try await onOwnThread {
            let kafka = try TestKafka(partitions: 2)
            defer { kafka.close() }
            let settings = ["metrics.http=127.0.0.1:0", "pool.maxConcurrentStrategies=2", "limits.memoryMB=64"]
            let first = try TestNode(kafka, settings)
            try eventually("one node has both") {
                try Self.partitions(of: first) == [["0", "1"], ["0", "1"], ["0", "1"]]
            }
            let second = try TestNode(kafka, settings)
            try eventually("each node has one") {
                let (mine, other) = (try Self.partitions(of: first), try Self.partitions(of: second))
                return Set(mine).count == 1 && Set(other).count == 1
                    && mine[0].count == 1 && mine[0].union(other[0]) == ["0", "1"]
            }
            #expect(try first.stop() == 0)
            #expect(try second.stop() == 0)
        }
    }

    /// The partitions that have a series of each of the metrics by partition.
    private static func partitions(of node: TestNode) throws -> [Set<String>] {
        let page = try HTTPGet.text(node, "/metrics").split(separator: "\n")
        return ["consumer_lag", "consumer_lag_seconds", "blocked_offset_age_seconds"].map { name in
            Set(
                page.filter { $0.hasPrefix("optimizer_\(name){") }.compactMap { line in
                    line.split(separator: "partition=\"").last?.prefix { $0 != "\"" }
                }.map(String.init))
        }
    }

    @Test func hasEveryDocumentedMemberInStatus() async throws {
        try await onOwnThread {
            let kafka = try TestKafka(partitions: 1)
            defer { kafka.close() }
            let node = try TestNode(
                kafka,
                ["metrics.http=127.0.0.1:0", "pool.maxConcurrentStrategies=2", "limits.memoryMB=64"] + Self.stuck)
            try kafka.submit([request("a"), "{", request("stuck", "sleep", #"{"ms":500000}"#)])
            let document = try String(
                contentsOf: Self.root.appending(path: "Sources/Metrics/Metrics.docc/Status.md"), encoding: .utf8)
            let example = try #require(document.components(separatedBy: "```json\n").dropFirst().first)
            let text = try #require(example.components(separatedBy: "```").first)
            let shape = try JSONValue.parse(Array(text.utf8))
            var differences: [String] = []
            try eventually("the status has its documented shape, and the hosts' use") {
                let status = try JSONValue.parse(Array(HTTPGet.text(node, "/status").utf8))
                differences = Self.differences(of: status, from: shape, at: "")
                let slots = status["slots"]?.elements ?? []
                return differences.isEmpty && slots.count == 2
                    && slots.allSatisfy { $0["cpu_percent"]?.double != nil && $0["memory_mb"]?.double ?? 0 > 1 }
            } explaining: {
                "\(differences)"
            }
            #expect(try node.stop() == 0)
        }
    }

    /// Members of the example that the status lacks; a list's first element stands for all of them.
    private static func differences(of status: JSONValue, from shape: JSONValue, at path: String) -> [String] {
        if let members = shape.members {
            guard status != .null else { return path.hasSuffix("blocked_by") ? ["\(path) is null"] : [] }
            return members.flatMap { member in
                guard let value = status[member.name] else {
                    // A status, a strategy or a resource without a count is no missing member.
                    return ["\(path).\(member.name)"]
                }
                return differences(of: value, from: member.value, at: "\(path).\(member.name)")
            }
        }
        guard let first = shape.elements?.first, first.members != nil else { return [] }
        guard let elements = status.elements else { return ["\(path) is no list"] }
        // Nobody is throttled or suspended here; the tests of those look at what stands there then.
        guard !elements.isEmpty else { return path.hasPrefix(".policies") ? [] : ["\(path) is empty"] }
        return elements.flatMap { differences(of: $0, from: first, at: "\(path)[]") }
    }

    private static func hasSeries(_ name: String, in page: String) -> Bool {
        page.split(separator: "\n").contains { line in
            !line.hasPrefix("#") && line.hasPrefix(name)
                && line.dropFirst(name.count).first.map { " {_".contains($0) } == true
        }
    }

    private static func value(_ name: String, _ labels: String, in page: String) -> Double? {
        page.split(separator: "\n").first { line in
            line.hasPrefix(name) && line.dropFirst(name.count).first.map { " {".contains($0) } == true
                && (labels.isEmpty || line.contains(labels))
        }?.split(separator: " ").last.flatMap { Double($0) }
    }
}
