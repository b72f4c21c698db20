import Kafka
import Scheduling
import Synchronization
import System
import Worker

/// The yardstick: the same client library, the same broker, the same settings, and nothing between consume and produce.
final class PlainLoop: Sendable {
    private let isStopped = Atomic(false)
    private let kafka: BenchKafka.Address

    init(on kafka: BenchKafka.Address) {
        self.kafka = kafka
    }

    func stop() { isStopped.store(true, ordering: .releasing) }

    /// Consumes requests and produces each as its own result, until told to stop.
    func run() {
        do {
            let wake = try WakeDescriptor()
            let consumer = try KafkaConsumer(
                .consumer(
                    bootstrap: kafka.bootstrap, groupID: kafka.stem, partitions: Feeder.partitions,
                    embedded: kafka.isEmbedded),
                wakeDescriptor: wake.descriptor)
            let producer = try KafkaProducer(
                .producer(bootstrap: kafka.bootstrap, embedded: kafka.isEmbedded), wakeDescriptor: wake.descriptor)
            defer {
                consumer.destroy()
                producer.destroy()
            }
            try consumer.subscribe(to: kafka.topics.requests)
            var positions: [Int32: Int64] = [:]
            var committed = MonotonicTime.now()
            while !isStopped.load(ordering: .acquiring) {
                turn(consumer, producer, &positions)
                if MonotonicTime.now().milliseconds(since: committed) > 1000 {
                    committed = .now()
                    consumer.commit(positions.map { CommitEntry(partition: $0.key, nextOffset: $0.value) }, number: 1)
                }
                _ = wake.wait(until: .now().adding(milliseconds: 100))
            }
        } catch {
            StandardError.write("plain loop: \(error)")
        }
    }

    private func turn(_ consumer: KafkaConsumer, _ producer: KafkaProducer, _ positions: inout [Int32: Int64]) {
        while let event = consumer.nextEvent() {
            switch event {
            case .assign(let partitions): consumer.assign(partitions.map { PartitionStart(partition: $0) })
            case .revoke(let partitions, _): consumer.unassign(partitions)
            default: break
            }
        }
        producer.drainDeliveries { _ in }
        for partition in consumer.assigned {
            _ = consumer.take(from: partition, limit: 10_000) { record in
                positions[partition] = record.offset + 1
                while producer.produce(
                    topic: kafka.topics.results, key: record.key, value: record.value, token: 0) == .full
                {
                    producer.drainDeliveries { _ in }
                }
            }
        }
    }
}
