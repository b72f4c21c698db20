import System
import TestSupport
import Testing

@testable import Kafka
@testable import Worker

/// The calls to a producer of transactions, in what order a broker has them.
@Suite(.machine, .enabled(if: TestKafka.realBootstrap == nil, "it replaces a broker's answers"))
struct TransactionCallerTests {
    /// `UNSTABLE_OFFSET_COMMIT`
    private static let unstable = [Int32](repeating: 88, count: 50)

    /// The calls of one producer, each answered before the next.
    private final class Calls {
        let producer: KafkaProducer
        private let caller: TransactionCaller
        private let thread: PermanentThread
        private var number: UInt64 = 0

        init(_ kafka: TestKafka, _ wake: WakeDescriptor) throws {
            producer = try KafkaProducer(
                .transactionalProducer(bootstrap: kafka.bootstrap, id: "one", timeoutMs: 60_000, embedded: true),
                wakeDescriptor: nil)
            let caller = try TransactionCaller(topic: kafka.topics.requests, consumerWake: wake)
            self.caller = caller
            thread = try PermanentThread(name: "transactions") { caller.run() }
        }

        func make(_ work: TransactionCaller.Work) throws -> String {
            number += 1
            caller.ask(work, number: number)
            var answer: TransactionCaller.Answer?
            try eventually("an answer") {
                answer = caller.takeAnswer()
                return answer != nil
            }
            return answer.map { "\($0.answer)" } ?? ""
        }

        func close() {
            caller.stop()
            #expect(thread.join(withinMs: Patience.milliseconds))
            producer.destroy()
        }
    }

    @Test func offsetsWaitUntilTheGroupHasTakenUpThoseOfTheTransactionBefore() async throws {
        try await onOwnThread {
            let kafka = try TestKafka(partitions: 2)
            defer { kafka.close() }
            let broker = try #require(kafka.broker)
            let wake = try WakeDescriptor()
            let consumer = try KafkaConsumer(
                .consumer(bootstrap: kafka.bootstrap, groupID: kafka.group, embedded: true),
                wakeDescriptor: wake.descriptor)
            defer { consumer.destroy() }
            consumer.topic = kafka.topics.requests
            let calls = try Calls(kafka, wake)
            defer { calls.close() }
            let (producer, nobody) = (calls.producer, try #require(GroupMembership.madeUp(in: kafka.group)))
            func addOffsets(_ partition: Int32, _ offset: Int64) throws -> String {
                let entries = [CommitEntry(partition: partition, nextOffset: offset)]
                return try calls.make(.addOffsets(producer, entries, nobody, consumer.groupOffsets))
            }
            #expect(try calls.make(.open(producer)) == "done")
            #expect(try calls.make(.begin(producer, [])) == "done")
            // There is nothing to wait for, nor is there where the same call goes on.
            broker.fail(.offsetFetch, with: Self.unstable)
            #expect(try addOffsets(0, 1) == "done")
            #expect(try addOffsets(0, 1) == "done")
            #expect(try calls.make(.commit(producer)) == "done")
            #expect(try calls.make(.begin(producer, [])) == "done")
            #expect(try addOffsets(1, 1) == "again")
            broker.clearFailures(.offsetFetch)
            #expect(try addOffsets(1, 1) == "done")
            #expect(try calls.make(.abort(producer)) == "done")
            // What is aborted is taken up no sooner.
            #expect(try calls.make(.begin(producer, [])) == "done")
            broker.fail(.offsetFetch, with: Self.unstable)
            #expect(try addOffsets(0, 2) == "again")
            broker.clearFailures(.offsetFetch)
            #expect(try addOffsets(0, 2) == "done")
        }
    }
}
