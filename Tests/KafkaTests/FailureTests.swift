import TestSupport
import Testing

@testable import Kafka

@Suite(.machine) struct FailureTests {
    /// Numbers from the protocol's error table (positive) and librdkafka's own (negative).
    @Test(arguments: [
        (-195, "_TRANSPORT", KafkaFailure.Kind.transient), (-187, "_ALL_BROKERS_DOWN", .transient),
        (-185, "_TIMED_OUT", .transient), (6, "NOT_LEADER_FOR_PARTITION", .transient),
        (19, "NOT_ENOUGH_REPLICAS", .transient), (15, "COORDINATOR_NOT_AVAILABLE", .transient),
        (22, "ILLEGAL_GENERATION", .membership), (25, "UNKNOWN_MEMBER_ID", .membership),
        (27, "REBALANCE_IN_PROGRESS", .membership), (-147, "_MAX_POLL_EXCEEDED", .membership),
        (82, "FENCED_INSTANCE_ID", .fenced), (90, "PRODUCER_FENCED", .fenced), (-144, "_FENCED", .fenced),
        (-150, "_FATAL", .fatal), (45, "OUT_OF_ORDER_SEQUENCE_NUMBER", .fatal),
        (29, "TOPIC_AUTHORIZATION_FAILED", .authorization), (30, "GROUP_AUTHORIZATION_FAILED", .authorization),
        (-169, "_AUTHENTICATION", .handshake), (58, "SASL_AUTHENTICATION_FAILED", .handshake),
        (3, "UNKNOWN_TOPIC_OR_PART", .missing), (-188, "_UNKNOWN_TOPIC", .missing),
        (36, "TOPIC_ALREADY_EXISTS", .exists), (10, "MSG_SIZE_TOO_LARGE", .tooLarge),
        (12, "OFFSET_METADATA_TOO_LARGE", .tooLarge), (-184, "_QUEUE_FULL", .queueFull),
        (-152, "_PURGE_QUEUE", .dropped), (-186, "_INVALID_ARG", .configuration),
        (23, "INCONSISTENT_GROUP_PROTOCOL", .configuration), (87, "INVALID_RECORD", .permanent),
        (12_345, "ERR_12345?", .permanent),
    ])
    func everyCodeHasItsKind(_ code: Int, _ name: String, _ kind: KafkaFailure.Kind) {
        let failure = KafkaFailure.known(Int32(code))
        #expect(failure.kind == kind)
        #expect(failure.name == name)
        #expect(failure.code == Int32(code))
        #expect(!failure.reason.isEmpty)
    }

    @Test(arguments: [
        (87, Undelivered.refused), (2, .refused), (32, .refused), (43, .refused), (-199, .refused),
        (10, .tooLarge), (18, .tooLarge), (-152, .dropped), (-151, .dropped),
        (19, .again), (-192, .again), (-195, .again), (-169, .again), (-184, .again),
        (29, .hopeless), (3, .hopeless), (-188, .hopeless), (-144, .hopeless), (-150, .hopeless), (45, .hopeless),
        (76, .hopeless), (12_345, .hopeless), (-186, .hopeless),
    ])
    func whatIsNotTakenCostsItselfIsSentAgainOrEndsTheNode(_ code: Int, _ follows: Undelivered) {
        #expect(KafkaFailure.known(Int32(code)).undelivered == follows, "\(KafkaFailure.known(Int32(code)).name)")
    }

    /// Of the broker's own protocol for groups, which librdkafka 2.0.2 has no names for.
    @Test func anEpochThatIsOverIsAsAGenerationThatIs() {
        for code: Int32 in [22, 110, 113] { #expect(KafkaFailure.known(code).kind == .membership, "\(code)") }
        // Its name's last session has not ended: nobody else has it.
        let unreleased = KafkaFailure(code: 111, name: "?", reason: "?", kind: .fatal)
        #expect(KafkaFailure.known(111).kind != .fenced)
        #expect(unreleased.remedy?.contains("has not ended") == true)
        let tooOld = KafkaFailure(code: 35, name: "UNSUPPORTED_VERSION", reason: "?", kind: .fatal)
        #expect(tooOld.remedy?.contains("kafka.groupProtocol: consumer needs Apache Kafka 4.0") == true)
    }

    @Test func onlyWhatMendsItselfIsTemporary() {
        #expect(
            KafkaFailure.Kind.allCases.filter { failure($0).isTemporary } == [
                .transient, .membership, .handshake, .queueFull,
            ])
    }

    @Test func whatAPersonCanMendHasARemedy() {
        let mendable: [KafkaFailure.Kind] = [
            .fenced, .fatal, .handshake, .authorization, .missing, .tooLarge, .configuration,
        ]
        #expect(KafkaFailure.Kind.allCases.filter { failure($0).remedy != nil } == mendable)
        #expect(KafkaFailure.known(-187).remedy?.contains("kafka.bootstrapServers") == true)
        #expect(KafkaFailure.known(58).remedy?.contains("sasl") == true)
        #expect(KafkaFailure.known(23).remedy?.contains("assignor of `optimizer version --json`") == true)
        #expect(KafkaFailure.known(29).remedy?.contains("grant") == true)
    }

    private func failure(_ kind: KafkaFailure.Kind) -> KafkaFailure {
        KafkaFailure(code: 0, name: "X", reason: "x", kind: kind)
    }
}
