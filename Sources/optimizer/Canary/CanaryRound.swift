import Kafka
import Metrics
import Worker

/// One request to every partition, and what became of them.
struct CanaryRound {
    let canary: Canary
    var interruption: Interruption

    consuming func run(_ connection: KafkaConnection) throws(CommandFailure) -> Int32 {
        let clients = try CanaryClients(connection, timeout: canary.timeout)
        defer { clients.close() }
        var failed = 0
        let start = ContinuousClock.now
        for (index, partition) in clients.topic.partitions.enumerated() {
            let beat = CanarySchedule.Beat(partition: partition, due: start)
            guard let (end, cause) = canary.send(UInt64(index), beat, by: clients) else { continue }
            failed += 1
            Output.words(CanaryWords.line(end, cause))
        }
        while canary.openCount > 0 {
            if interruption.check() { return Interruption.exitCode }
            for (end, cause) in canary.take(try clients.arrivals(waitMs: 50)) {
                let line = CanaryWords.line(end, cause)
                if end.outcome == .completed { Output.data(line) } else { Output.words(line) }
                if end.outcome != .completed { failed += 1 }
            }
        }
        return failed == 0 ? ExitCode.success : ExitCode.failure
    }
}
