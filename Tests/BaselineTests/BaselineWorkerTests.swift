import Kafka
import Messages
import System
import TestSupport
import Testing

@testable import Baseline

@Suite(.machine) struct BaselineWorkerTests {
    private static let jobs = 3000

    /// Works off requests on an embedded broker.
    /// - Returns: the results.
    private func work(children: Int) throws -> [KafkaRecord] {
        let broker = try EmbeddedBroker(topics: [("requests", 3), ("results", 3)])
        defer { broker.close() }
        let servers = broker.bootstrapServers
        let producer = try KafkaProducer(.producer(bootstrap: servers, embedded: true), wakeDescriptor: nil)
        defer { producer.destroy() }
        for number in 0..<Self.jobs {
            let request = BenchRequest.bytes(number)
            #expect(producer.produce(topic: "requests", key: nil, value: request, token: 0) == .queued)
        }
        #expect(eventually { producer.flushStep(timeoutMs: 100) { _ in } })
        let quiet = [ClientProperties.Property("log.queue", "false"), ClientProperties.Property("log_level", "3")]
        let consumer = try ClientProperties.consumer(
            bootstrap: servers, groupID: "baseline", partitions: 3, embedded: true, overrides: quiet)
        let results = try ClientProperties.producer(bootstrap: servers, embedded: true, overrides: quiet)
        let worker = try BaselineWorker(
            consumer: consumer.properties.map { ($0.name, $0.value) },
            producer: results.properties.map { ($0.name, $0.value) }, requests: "requests", results: "results",
            children: children)
        #expect(worker.children.count == children)
        let thread = try PermanentThread(name: "loop") {
            do { try worker.run() } catch { Issue.record("\(error)") }
        }
        defer {
            worker.stop()
            thread.join()
        }
        return try read(servers)
    }

    private func read(_ servers: String) throws -> [KafkaRecord] {
        let reader = try TopicReader(.reader(bootstrap: servers, embedded: true), topics: [("results", .beginning)])
        defer { reader.close() }
        var found: [KafkaRecord] = []
        _ = eventually {
            while case .record(_, let record) = reader.next(timeoutMs: 100) { found.append(record) }
            return found.count >= Self.jobs
        }
        return found
    }

    @Test func withoutChildrenEveryRequestIsItsOwnResult() async throws {
        try await onOwnThread {
            let results = try work(children: 0)
            #expect(Set(results.map(\.value)) == Set((0..<Self.jobs).map { BenchRequest.bytes($0) }))
            #expect(results.count == Self.jobs)
        }
    }

    @Test func withChildrenEveryRequestHasOneResultLikeANodes() async throws {
        try await onOwnThread {
            let results = try work(children: 3)
            let ids = try (0..<Self.jobs).map { try StrategyRequest.parse(BenchRequest.bytes($0)).requestID }
            #expect(Set(results.map { String(decoding: $0.key ?? [], as: UTF8.self) }) == Set(ids))
            #expect(results.count == Self.jobs)
            let first = try #require(results.first)
            #expect(first.headers.map(\.name) == ["ce_id", "ce_type", "ce_specversion", "ce_source", "ce_time"])
            let json = try JSONValue.parse(first.value ?? [])
            #expect(json["request_id"]?.string.map { Array($0.utf8) } == first.key)
            #expect(json["status"]?.string == "completed")
        }
    }

    @Test func aSettingThatDoesNotExistIsNamed() throws {
        #expect {
            try BaselineWorker(
                consumer: [("no.such.setting", "1")], producer: [], requests: "a", results: "b", children: 0)
        } throws: { "\($0)".contains("no.such.setting=1") }
    }
}
