import Glibc
import System
import TestSupport

@testable import Kafka
@testable import Worker

/// The embedded broker in a process of its own, which can be stopped or killed as no thread of the test's can.
final class BrokerProcess {
    let bootstrap: String
    private let pid: pid_t
    private let folder: TemporaryFolder

    init() throws {
        try MachineTurn.require()
        guard let optimizer = ExecutablePath.beside("optimizer") else { throw Failure("no optimizer executable") }
        let folder = try TemporaryFolder()
        self.folder = folder
        let pid = try CommandLineTool.spawn(
            optimizer, ["broker", "--bootstrap-file", folder.file("address")], input: "/dev/null",
            output: folder.file("output"))
        self.pid = pid
        var address = ""
        do {
            try eventually("the broker tells its address") {
                address = folder.text("address")
                return address.hasSuffix("\n")
            }
        } catch {
            kill(pid, SIGKILL)
            waitpid(pid, nil, 0)
            throw error
        }
        bootstrap = String(address.dropLast())
    }

    func signal(_ number: Int32) { kill(pid, number) }

    /// The settings of a node on it.
    func settings(_ more: [String]) -> [String] {
        [
            "kafka.bootstrapServers=\(bootstrap)", "metrics.intervalMs=200", "limits.memoryMB=64",
            "kafka.consumer.session.timeout.ms=6000", "kafka.consumer.fetch.wait.max.ms=10",
            "kafka.client.reconnect.backoff.max.ms=500",
        ] + more
    }

    func submit(_ requests: [String]) throws {
        let producer = try KafkaProducer(.producer(bootstrap: bootstrap, embedded: true), wakeDescriptor: nil)
        defer { producer.destroy() }
        for request in requests {
            _ = producer.produce(
                topic: "optimizer.requests", key: nil, value: Array(request.utf8), token: 0)
        }
        try eventually("the requests are stored") { producer.flushStep(timeoutMs: 100) { _ in } }
    }

    deinit {
        kill(pid, SIGKILL)
        waitpid(pid, nil, 0)
    }
}
