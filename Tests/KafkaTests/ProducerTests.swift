import TestSupport
import Testing

@testable import Kafka

@Suite(.machine) struct ProducerTests {
    @Test func aRecordOverTheLimitIsRefusedAtOnce() throws {
        let cluster = try Cluster()
        defer { cluster.close() }
        let topic = try cluster.topic()
        let publisher = try cluster.producer([.init("message.max.bytes", "2000")])
        defer { publisher.producer.destroy() }
        let outcome = publisher.producer.produce(
            topic: topic, key: nil, value: [UInt8](repeating: 1, count: 3000), headers: [.init("a", "b")], token: 1)
        guard case .failed(let failure) = outcome else {
            Issue.record("\(outcome)")
            return
        }
        #expect(failure.kind == .tooLarge)
        #expect(failure.name == "MSG_SIZE_TOO_LARGE")
        #expect(failure.remedy != nil)
        #expect(publisher.producer.outstanding == 0)
    }

    @Test func aFullQueueIsNotAFailureAndHasRoomAgainOnceDrained() throws {
        let cluster = try Cluster()
        defer { cluster.close() }
        let topic = try cluster.topic()
        let publisher = try cluster.producer([.init("queue.buffering.max.messages", "10"), .init("linger.ms", "100")])
        defer { publisher.producer.destroy() }
        let outcomes = (0..<50).map { number in
            publisher.producer.produce(topic: topic, key: nil, value: [1], headers: [.init("a", "b")], token: number)
        }
        // Nothing is drained meanwhile, and what is delivered but not drained keeps its place.
        #expect(outcomes == Array(repeating: .queued, count: 10) + Array(repeating: .full, count: 40))
        #expect(publisher.producer.outstanding == 10)
        #expect(publisher.drain())
        #expect(publisher.reports.map(\.token) == Array(0..<10))
        #expect(publisher.producer.produce(topic: topic, key: nil, value: [1], headers: [], token: 1) == .queued)
        #expect(publisher.drain())
    }

    /// Replaced answers need the embedded broker. That a broker answers these for good is real Kafka's way too.
    @Test(.enabled(if: Cluster.realBootstrap == nil))
    func aBrokersRefusalIsReportedWithItsKind() async throws {
        try await onOwnThread {
            let cluster = try Cluster(own: true)
            defer { cluster.close() }
            let topic = try cluster.topic()
            let publisher = try cluster.producer()
            defer { publisher.producer.destroy() }
            #expect(publisher.fill(topic, count: 1))
            let answers: [(code: Int32, kind: KafkaFailure.Kind)] = [(10, .tooLarge), (29, .authorization)]
            for answer in answers {
                publisher.reports = []
                cluster.broker?.fail(.produce, with: [answer.code])
                #expect(
                    publisher.producer.produce(topic: topic, key: nil, value: [1], headers: [], token: 4) == .queued)
                #expect(publisher.drain())
                #expect(publisher.reports.map(\.token) == [4])
                #expect(publisher.reports.first?.failure?.code == answer.code)
                #expect(publisher.reports.first?.failure?.kind == answer.kind)
            }
        }
    }

    @Test(.enabled(if: Cluster.realBootstrap == nil))
    func whatABrokerAnswersForNowIsTriedAgain() async throws {
        try await onOwnThread {
            let cluster = try Cluster(own: true)
            defer { cluster.close() }
            let topic = try cluster.topic()
            let publisher = try cluster.producer()
            defer { publisher.producer.destroy() }
            cluster.broker?.fail(.produce, with: [7, 6, 19])
            #expect(publisher.fill(topic, count: 3))
            #expect(publisher.reports.allSatisfy { $0.failure == nil })
        }
    }

    @Test(.enabled(if: Cluster.realBootstrap == nil))
    func recordsOutliveABrokerThatHangsUp() async throws {
        try await onOwnThread {
            let cluster = try Cluster(own: true)
            defer { cluster.close() }
            let topic = try cluster.topic()
            let publisher = try cluster.producer()
            defer { publisher.producer.destroy() }
            #expect(publisher.fill(topic, count: 1))
            // -195: the broker closes the connection in place of an answer.
            cluster.broker?.fail(.produce, with: [-195, -195, -195])
            #expect(publisher.producer.produce(topic: topic, key: nil, value: [1], headers: [], token: 8) == .queued)
            var failures: [KafkaFailure] = []
            let deadline = now() + Int64(Patience.milliseconds)
            while failures.isEmpty, now() < deadline {
                _ = publisher.wakeUp.wait(milliseconds: 20)
                publisher.producer.drainDeliveries { publisher.reports.append($0) }
                while let event = publisher.producer.nextEvent() {
                    if case .failure(let failure) = event { failures.append(failure) }
                }
            }
            #expect(failures.first?.kind == .transient)
            #expect(publisher.drain())
            #expect(publisher.reports.last?.token == 8)
            #expect(publisher.reports.last?.failure == nil)
        }
    }

    @Test func whatIsPurgedIsReportedAsDropped() throws {
        let cluster = try Cluster()
        defer { cluster.close() }
        let topic = try cluster.topic()
        let publisher = try cluster.producer([.init("linger.ms", "60000")])
        defer { publisher.producer.destroy() }
        #expect(publisher.producer.produce(topic: topic, key: nil, value: [1], headers: [], token: 3) == .queued)
        publisher.producer.purge()
        #expect(publisher.drain())
        #expect(publisher.reports.map(\.token) == [3])
        #expect(publisher.reports.first?.failure?.kind == .dropped)
    }

    @Test func aFlushSendsWhatLingers() throws {
        let cluster = try Cluster()
        defer { cluster.close() }
        let topic = try cluster.topic()
        let publisher = try cluster.producer([.init("linger.ms", "60000")])
        defer { publisher.producer.destroy() }
        #expect(publisher.producer.produce(topic: topic, key: nil, value: [1], headers: [], token: 3) == .queued)
        let deadline = now() + Int64(Patience.milliseconds)
        var reports: [DeliveryReport] = []
        while !publisher.producer.flushStep(timeoutMs: 20, { reports.append($0) }), now() < deadline {}
        #expect(reports.map(\.token) == [3])
        #expect(reports.first?.failure == nil)
    }

    @Test func manyThreadsMayProduceAtOnce() async throws {
        let cluster = try Cluster()
        defer { cluster.close() }
        let topics = try (0..<3).map { _ in try cluster.topic() }
        let publisher = try cluster.producer()
        defer { publisher.producer.destroy() }
        let producer = publisher.producer
        await withTaskGroup(of: Void.self) { group in
            for worker in 0..<4 {
                group.addTask {
                    for number in 0..<500 {
                        let token = UInt64(worker * 1000 + number)
                        _ = producer.produce(topic: topics[number % 3], key: nil, value: [1], headers: [], token: token)
                    }
                }
            }
        }
        #expect(publisher.drain())
        #expect(Set(publisher.reports.map(\.token)).count == 2000)
        #expect(publisher.reports.allSatisfy { $0.failure == nil })
    }

    @Test func aProducerThatNeverReachedABrokerIsDestroyedBeforeItsRecordsExpire() throws {
        let publisher = try Publisher(
            .producer(bootstrap: "127.0.0.1:1", overrides: [.init("message.timeout.ms", "86400000")]))
        #expect(publisher.producer.produce(topic: "t", key: nil, value: [1], headers: [], token: 3) == .queued)
        publisher.producer.destroy()
    }
}
