import Foundation
import Kafka
import Messages
import TestSupport
import Testing

@testable import Worker

@Suite struct EventSchemaTests {
    private static let deploy = URL(filePath: #filePath).deletingLastPathComponent().appending(path: "../../deploy")

    private func schema() throws -> EventSchema {
        let bytes = try Data(contentsOf: Self.deploy.appending(path: "metrics-event.schema.json"))
        return EventSchema(root: try JSONValue.parse(Array(bytes)))
    }

    @Test func describesEveryKindOfEvent() throws {
        let described = try schema().root["$defs"]?.members?.map(\.name) ?? []
        #expect(Set(described) == Set(MetricsEvent.Kind.allCases.map(\.rawValue)))
    }

    @Test func refusesAnEventThatLacksAMemberOrHasOneNobodyKnows() throws {
        let schema = try schema()
        func problems(_ details: [JSONMember]) throws -> [String] {
            let event = MetricsEvent(.resumed, node: "n", time: .now(), details)
            return schema.problems(of: try JSONValue.parse(event.encoded()))
        }
        #expect(try problems([JSONMember("partitions", .integers([1]))]).isEmpty)
        #expect(try !problems([]).isEmpty)
        #expect(try !problems([JSONMember("partitions", .string("1"))]).isEmpty)
        #expect(try !problems([JSONMember("partitions", .array([])), JSONMember("new", .null)]).isEmpty)
    }

    @Test func publishesOnlyEventsOfTheSchema() async throws {
        let schema = try schema()
        try await onOwnThread {
            let kafka = try TestKafka()
            defer { kafka.close() }
            let node = try TestNode(
                kafka,
                [
                    "pool.maxConcurrentStrategies=2", "limits.memoryMB=64", "backpressure.queueDepth=10",
                    "backpressure.resumeDepth=5", "backpressure.pauseAfterMs=1", "metrics.intervalMs=100",
                ], unruly: true)
            try kafka.submit((0..<200).map { request("r\($0)", "sleep", #"{"ms":10}"#) })
            try kafka.submit([request("bad", more: #","labels":{"misbehave":"crash"}"#)])
            _ = try kafka.results(200)
            #expect(try node.stop() == 0)
            let events = try kafka.contents(kafka.topics.metrics).compactMap(\.value).map { try JSONValue.parse($0) }
            for event in events { #expect(schema.problems(of: event) == []) }
            let kinds = Set(events.compactMap { $0["event"]?.string })
            #expect(
                kinds.isSuperset(of: ["started", "interval", "rebalanced", "paused", "resumed", "draining", "stopped"]))
        }
    }

    @Test func readsTheExamplesOfTheTopicsDocument() throws {
        let text = try String(contentsOf: Self.deploy.appending(path: "asyncapi.yml"), encoding: .utf8)
        let lines = text.split(separator: "\n").map { $0.drop { $0 == " " } }
        var count = 0
        for (name, payload) in zip(lines, lines.dropFirst()) where name.hasPrefix("- name: ") {
            try check(String(name.dropFirst(8)), Array(payload.dropFirst("payload: ".count).utf8))
            count += 1
        }
        #expect(count == 7)
    }

    private func check(_ name: String, _ payload: [UInt8]) throws {
        if name.hasPrefix("event") {
            #expect(try schema().problems(of: JSONValue.parse(payload)) == [])
        } else if name.hasPrefix("result") {
            let result = try JSONValue.parse(payload)
            #expect(ResultStatus(rawValue: result["status"]?.string ?? "") != nil)
            #expect(result["timing"]?["total_ms"]?.double != nil && result["request_id"]?.string != nil)
        } else {
            let request = try StrategyRequest.parse(payload)
            let strategies = StrategyList(disabled: [])
            if name.hasPrefix("request") {
                _ = try strategies.check(request)
            } else {
                #expect(throws: RequestProblem.self) { try strategies.check(request) }
            }
        }
    }
}
