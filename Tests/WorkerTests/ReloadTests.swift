import Configuration
import Kafka
import Messages
import TestSupport
import Testing

@testable import Worker

@Suite struct ReloadTests {
    private func run(_ settings: [String], _ body: @escaping @Sendable (TestNode, TestKafka) throws -> Void)
        async throws
    {
        try await onOwnThread {
            let kafka = try TestKafka(partitions: 1)
            defer { kafka.close() }
            let node = try TestNode(kafka, settings)
            try body(node, kafka)
            #expect(try node.stop() == 0)
        }
    }

    private func configuration(_ kafka: TestKafka, _ more: [String]) throws -> OptimizerConfiguration {
        try OptimizerConfiguration.load(file: nil, environment: [:], settings: kafka.settings(more))
    }

    private func lines(_ node: TestNode, _ message: String) -> [JSONValue] {
        node.log.all.compactMap { try? JSONValue.parse(Array($0.utf8)) }.filter { $0["message"]?.string == message }
    }

    @Test func aNameThatIsNobodysLeavesTheOldListInForceAndIsSaid() async throws {
        try await run(["disabledStrategies=[sleep]"]) { node, kafka in
            node.node.reload(try configuration(kafka, ["disabledStrategies=[noopp]"]))
            let line = try #require(lines(node, "the configuration is not read again").first)
            #expect(line["level"] == .string("error"))
            #expect(line["cause"]?.string?.contains(#"there is no strategy "noopp", did you mean "noop"?"#) == true)
            #expect(lines(node, "configuration read again").isEmpty)
            try kafka.submit([request("off", "sleep", #"{"ms":0}"#), request("on")])
            let results = try kafka.results(2)
            #expect(results.first { $0.requestID == "off" }?.code == "strategy_disabled")
            #expect(results.first { $0.requestID == "on" }?.status == "completed")
        }
    }

    @Test func whatIsReadAgainIsSwitchedOff() async throws {
        try await run([]) { node, kafka in
            node.node.reload(try configuration(kafka, ["disabledStrategies=[noop]"]))
            #expect(
                lines(node, "configuration read again").first?["disabled_strategies"] == .array([.string("noop")]))
            #expect(lines(node, "changed keys that hold only after a restart").isEmpty)
            try kafka.submit([request("off")])
            #expect(try kafka.results(1).first?.code == "strategy_disabled")
        }
    }

    @Test func whatIsSwitchedOffIsShownFromTheStartAndAfterItIsReadAgain() async throws {
        try await run(["metrics.http=127.0.0.1:0", "disabledStrategies=[sleep]"]) { node, kafka in
            try expect(node, disabled: ["sleep"])
            node.node.reload(try configuration(kafka, ["disabledStrategies=[noop, burn]"]))
            try expect(node, disabled: ["burn", "noop"])
            node.node.reload(try configuration(kafka, []))
            try expect(node, disabled: [])
        }
    }

    private func expect(_ node: TestNode, disabled: Set<String>) throws {
        let shown = try JSONValue.parse(Array(HTTPGet.text(node, "/status").utf8))["disabled_strategies"]?.elements
        #expect(shown?.count == disabled.count && Set(shown?.compactMap(\.string) ?? []) == disabled)
        let metrics = try HTTPGet.text(node, "/metrics").split(separator: "\n").map(String.init)
        for name in ["sleep", "noop", "burn"] {
            let line = "optimizer_strategy_disabled{strategy=\"\(name)\"} \(disabled.contains(name) ? 1 : 0)"
            #expect(metrics.contains(line), "\(line)")
        }
    }

    @Test func keysThatHoldOnlyAfterARestartAreNamed() async throws {
        try await run([]) { node, kafka in
            node.node.reload(
                try configuration(
                    kafka,
                    ["disabledStrategies=[noop]", "limits.timeoutMs=4000", "kafka.client.sasl.password=new"]))
            let line = try #require(lines(node, "changed keys that hold only after a restart").first)
            #expect(line["level"] == .string("warning"))
            #expect(line["keys"] == .array([.string("kafka.client"), .string("limits.timeoutMs")]))
            #expect(!node.log.all.contains { $0.contains("sasl.password") })
        }
    }
}
