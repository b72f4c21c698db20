import Glibc
import Synchronization
import System
import TestSupport
import Testing

@testable import Kafka
@testable import Worker

/// A node ends when it is told to, whatever the brokers, the reader of its log or a thread of its own do. The bounds of
/// the waits are no measure of how soon: only what hangs reaches them.
@Suite struct EndTests {
    @Suite(.enabled(if: TestKafka.realBootstrap == nil, "it takes a broker that the test may stop and kill"))
    struct WithoutBroker {
        @Test(arguments: [SIGSTOP, SIGKILL])
        func itEndsWhileStepsRunAndTheBrokerIsGone(how: Int32) async throws {
            try await onOwnThread {
                let broker = try BrokerProcess()
                let port = try FreePort.find()
                let node = try NodeProcess(
                    settings: broker.settings([
                        "shutdown.drainMs=500", "limits.timeoutMs=600000", "metrics.http=127.0.0.1:\(port)",
                        "pool.maxConcurrentStrategies=2",
                    ]))
                try eventually("the node is ready") { isReady(port) }
                try broker.submit((0..<8).map { request("\($0)", "sleep", #"{"ms":600000}"#) })
                try eventually("steps run") {
                    (try? HTTPClient.get("/metrics", port: port))?.text.contains("optimizer_running 2") == true
                }
                let hosts = node.hosts
                #expect(hosts.count >= 2)
                broker.signal(how)
                node.signal(SIGTERM)
                #expect(try node.end() == 0)
                try eventually("no host is left") { hosts.allSatisfy { kill($0, 0) != 0 } }
            }
        }

        @Test func aSecondSignalEndsItAtOnceAndItsHostsWithIt() async throws {
            try await onOwnThread {
                let broker = try BrokerProcess()
                let port = try FreePort.find()
                let folder = try TemporaryFolder()
                let node = try NodeProcess(
                    settings: broker.settings([
                        "metrics.http=127.0.0.1:\(port)", "shutdown.drainMs=3600000", "node.id=n1",
                        "node.stateDirectory=\(folder.file("state"))",
                    ]))
                try eventually("the node is ready") { isReady(port) }
                let hosts = node.hosts
                broker.signal(SIGSTOP)
                // Two that come at once are one.
                node.signal(SIGTERM)
                try eventually("the node drains") {
                    (try? HTTPClient.get("/status", port: port))?.text.contains("draining") == true
                }
                node.signal(SIGTERM)
                #expect(try node.end() == 1)
                try eventually("no host is left") { hosts.allSatisfy { kill($0, 0) != 0 } }
                let end = NodeRun(FileContent.read(folder.file("state/run-n1.json")))?.end
                #expect(end?.reason == .stopped && end?.detail.contains("a second signal") == true, "\(end as Any)")
            }
        }
    }

    @Test func itEndsWhenItsTopicIsGone() async throws {
        try await onOwnThread {
            let kafka = try TestKafka(partitions: 2)
            defer { kafka.close() }
            let port = try FreePort.find()
            let node = try NodeProcess(kafka, ["metrics.http=127.0.0.1:\(port)", "shutdown.drainMs=500"])
            try eventually("the node is ready") { isReady(port) }
            if let broker = kafka.broker {
                broker.setTopicError(kafka.topics.requests, code: 3)
            } else {
                let admin = try AdminClient(.admin(bootstrap: kafka.bootstrap))
                defer { admin.close() }
                _ = try admin.delete([kafka.topics.requests])
            }
            node.signal(SIGTERM)
            #expect(try node.end() == 0)
        }
    }

    /// Whatever sends it: only the node's end is a reason to look after it.
    @Test func aStraySignalLeavesItListening() async throws {
        try await onOwnThread {
            let kafka = try TestKafka(partitions: 1)
            defer { kafka.close() }
            let port = try FreePort.find()
            let node = try NodeProcess(kafka, ["metrics.http=127.0.0.1:\(port)", "shutdown.drainMs=500"])
            try eventually("the node is ready") { isReady(port) }
            for signal in [SIGUSR1, SIGUSR2] { node.signal(signal) }
            try kafka.submit([request("after")])
            #expect(try kafka.results(1).count == 1)
            node.signal(SIGTERM)
            #expect(try node.end() == 0)
        }
    }

    @Test func aLogThatNobodyReadsHoldsUpNothing() async throws {
        try await onOwnThread {
            let kafka = try TestKafka(partitions: 2)
            defer { kafka.close() }
            var pipe: [Int32] = [-1, -1]
            #expect(Glibc.pipe(&pipe) == 0)
            defer { for end in pipe { close(end) } }
            for end in pipe { _ = fcntl(end, F_SETFD, FD_CLOEXEC) }
            _ = fcntl(pipe[1], F_SETFL, O_NONBLOCK)
            let block = [UInt8](repeating: 0, count: 1)
            while write(pipe[1], block, 1) > 0 {}
            _ = fcntl(pipe[1], F_SETFL, 0)
            let port = try FreePort.find()
            let node = try NodeProcess(
                kafka, ["metrics.http=127.0.0.1:\(port)", "shutdown.drainMs=500"], standard: .errors(pipe[1]))
            try kafka.submit((0..<300).map { "no request \($0)" } + [request("last")])
            #expect(try kafka.results(301).count >= 301)
            #expect(try HTTPClient.get("/healthz", port: port).status == 200)
            node.signal(SIGTERM)
            #expect(try node.end() == 0)
        }
    }

    /// The first thing it opened would else have been its standard error, and had log lines written into it.
    @Test func closedStandardDescriptorsAreOpenedOnNothing() async throws {
        try await onOwnThread {
            let kafka = try TestKafka(partitions: 1)
            defer { kafka.close() }
            let port = try FreePort.find()
            let node = try NodeProcess(
                kafka, ["metrics.http=127.0.0.1:\(port)", "shutdown.drainMs=500", "isolation.sandbox=off"],
                standard: .closed)
            try eventually("the node is ready") { isReady(port) }
            for descriptor in 0...2 {
                var target = [CChar](repeating: 0, count: 256)
                let length = readlink("/proc/\(node.pid)/fd/\(descriptor)", &target, target.count)
                let path = String(decoding: target.prefix(max(0, length)).map { UInt8(bitPattern: $0) }, as: UTF8.self)
                #expect(path == "/dev/null")
            }
            node.signal(SIGTERM)
            #expect(try node.end() == 0)
        }
    }

    /// A thread that sits in a call which does not return is left behind and named; the end goes on without it.
    @Test func aThreadThatHangsDoesNotHoldTheEnd() async throws {
        try await onOwnThread {
            let kafka = try TestKafka(partitions: 1)
            defer { kafka.close() }
            let hang = try HangingLog()
            defer { hang.release() }
            let node = try TestNode(kafka, ["shutdown.drainMs=500"], unruly: true, line: hang.take)
            try kafka.submit([
                request("r", more: #","labels":{"misbehave":"die"}"#)
            ])
            try eventually("a slot hangs") { hang.hasHung }
            #expect(try node.stop() == 0)
            #expect(node.log.all.contains { $0.contains("left behind") && $0.contains("slot-") }, "\(node.log.all)")
        }
    }
}

private func isReady(_ port: UInt16) -> Bool { (try? HTTPClient.get("/readyz", port: port))?.status == 200 }

/// A log whose reader stops at the line about a lost host.
private final class HangingLog: Sendable {
    private let released: WakeDescriptor
    private let isHanging = Atomic(false)

    init() throws { released = try WakeDescriptor() }

    var hasHung: Bool { isHanging.load(ordering: .acquiring) }

    func take(_ line: String) {
        guard line.contains("\"host lost\"") else { return }
        isHanging.store(true, ordering: .releasing)
        _ = released.wait(until: nil)
    }

    func release() { released.signal() }
}
