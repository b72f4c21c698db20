import Kafka
import Testing

@testable import Worker

@Suite struct DeliveryDiagnosisTests {
    private func state(_ partitions: (leader: Int32?, inSync: Int)...) -> TopicState {
        TopicState(
            partitions: partitions.enumerated().map { number, state in
                PartitionState(partition: Int32(number), leader: state.leader, replicas: 3, inSync: state.inSync)
            }, brokers: [1, 2, 3])
    }

    @Test func nothingIsSaidOfATopicThatTakesWhatIsWritten() {
        #expect(DeliveryDiagnosis.problem("results", state((1, 2), (2, 3)), minimumInSync: 2) == nil)
        #expect(DeliveryDiagnosis.problem("results", state((1, 1)), minimumInSync: nil) == nil)
    }

    @Test func partitionsWithTooFewReplicasInSyncAreNamed() {
        #expect(
            DeliveryDiagnosis.problem("results", state((1, 1), (2, 3), (3, 1)), minimumInSync: 2)
                == "results has partitions 0, 2 with 1 of 3 replicas in sync, below min.insync.replicas 2")
    }

    @Test func partitionsWithoutALeaderAreNamed() {
        #expect(
            DeliveryDiagnosis.problem("results", state((nil, 0), (2, 3)), minimumInSync: 2)
                == "results has partition 0 without a leader")
    }

    @Test func aTopicThatDoesNotExistIsToldAsThat() {
        #expect(
            DeliveryDiagnosis.problem("metrics", KafkaFailure.known(3))
                == "the topic metrics does not exist: create the topics with `optimizer topics create`")
        #expect(
            DeliveryDiagnosis.problem("metrics", KafkaFailure.known(-195)).hasPrefix(
                "metrics cannot be asked about: _TRANSPORT"))
    }
}
