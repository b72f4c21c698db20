import Configuration
import Kafka
import TestSupport
import Testing

@testable import Worker

@Suite struct EmbeddedBrokerTests {
    @Test(.enabled(if: TestKafka.realBootstrap == nil))
    func aNodeOnTheEmbeddedBrokerOfAnotherProcessHasTheSessionThatItNeeds() async throws {
        try await onOwnThread {
            let kafka = try TestKafka()
            defer { kafka.close() }
            func session(_ more: [String], _ isKnown: Bool) throws -> String? {
                let configuration = try OptimizerConfiguration.load(
                    file: nil, environment: [:], settings: ["kafka.bootstrapServers=\(kafka.bootstrap)"] + more)
                let clients = KafkaClients(configuration.kafka)
                let admin = try clients.admin()
                defer { admin.close() }
                let cluster = try TopicCheck(topics: kafka.topics)
                    .ask(admin, clients, timeoutMs: Int32(Patience.milliseconds))
                #expect(cluster.isEmbedded)
                return try (isKnown ? clients.knowing(cluster) : clients).consumerProperties(partitions: 1)
                    .value(of: "session.timeout.ms")
            }
            #expect(try session([], true) == "6000")
            #expect(try session([], false) == "15000")
            #expect(try session(["kafka.consumer.session.timeout.ms=9000"], true) == "9000")
        }
    }

    /// A static member keeps its partitions over a restart, for as long as librdkafka has it.
    @Test(arguments: [
        ([], "15000"), (["kafka.groupInstanceId=one"], nil), (["kafka.consumer.session.timeout.ms=6000"], "6000"),
    ])
    func aNodeThatDiesIsMissedAfterFifteenSecondsUnlessItIsAStaticMember(settings: [String], session: String?) throws {
        let configuration = try OptimizerConfiguration.load(file: nil, environment: [:], settings: settings)
        let cluster = TopicCheck.Cluster(partitions: 1, id: "4L6g3nShT-eMCtK--X86sw", largestBatch: nil)
        let properties = try KafkaClients(configuration.kafka).knowing(cluster).consumerProperties(partitions: 1)
        #expect(properties.value(of: "session.timeout.ms") == session)
    }
}
