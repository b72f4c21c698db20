import Configuration
import Kafka
import Messages
import Scheduling
import Synchronization
import System
import TestSupport
import Testing

@testable import Worker

/// The consumer thread's turns, made here one by one, without slots.
@Suite struct RebalanceFailureTests {
    @Test func aRebalanceThatFailsGivesUpAllThatWasHeld() async throws {
        try await onOwnThread {
            let kafka = try TestKafka(partitions: 2)
            defer { kafka.close() }
            let configuration = try OptimizerConfiguration.load(
                file: nil, environment: [:], settings: kafka.settings(["pool.maxConcurrentStrategies=1"]))
            let log = LogLines()
            let node = try Node(
                try NodeSettings(configuration), clients: KafkaClients(configuration.kafka),
                log: Log(minimum: .info, format: .json) { log.append($0) })
            let id = TestKafka.realBootstrap == nil ? "mockCluster" : "a cluster"
            let work = try node.openWork(on: TopicCheck.Cluster(partitions: 2, id: id))
            node.work.withLock { $0 = work }
            defer { node.end(Node.Threads()) }
            let loop = node.loop(work)
            try kafka.submit((0..<6).map { request("r\($0)") })
            try work.consumer.subscribe(to: kafka.topics.requests)
            try eventually("all is taken") {
                loop.turn()
                return loop.core.inFlight.load.count == 6
            }
            #expect(loop.core.owned == [0, 1] && node.state.snapshot.depth == 6)
            let failure = KafkaFailure(code: -1, name: "_FAIL", reason: "no partitions today", kind: .transient)
            loop.handle(.rebalanceFailed(failure), .now())
            #expect(work.consumer.assigned.isEmpty && loop.core.owned.isEmpty)
            #expect(loop.core.inFlight.isEmpty && node.state.snapshot.depth == 0)
            #expect(node.partitions.isEmpty)
            #expect(log.all.contains { $0.contains("no partitions today") })
        }
    }
}
