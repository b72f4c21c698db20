import Glibc
import Synchronization
import System
import TestSupport
import Testing

@testable import Worker

/// One node for all tests of a suite: it has to come through all of them, and nothing may be left of any at its end.
struct OneUnrulyNode: SuiteTrait, TestScoping {
    let sandbox: String

    @concurrent func provideScope(
        for test: Test, testCase: Test.Case?, performing function: @concurrent @Sendable () async throws -> Void
    ) async throws {
        try await MachineTurn.take(.nodes(1)) {
            let shared = try UnrulyNode(sandbox: sandbox)
            try await UnrulyNode.$current.withValue(shared) { try await function() }
            try shared.close()
        }
    }
}

/// A node of three slots whose steps misbehave where their label says so, and its topics.
final class UnrulyNode: Sendable {
    @TaskLocal static var current: UnrulyNode?

    let kafka: TestKafka
    private let node: TestNode
    /// How many requests have been submitted.
    private let submitted = Mutex(0)
    /// What hosts had that must go with them.
    private let traces = Mutex(HostTraces())
    private static let slots = 3

    init(sandbox: String) throws {
        kafka = try TestKafka(partitions: 1)
        node = try TestNode(
            kafka,
            [
                "pool.maxConcurrentStrategies=\(Self.slots)", "limits.memoryMB=96",
                "isolation.sandbox=\(sandbox)", "throttle.enabled=false",
            ], unruly: true)
    }

    /// Submits requests; returns the results of those whose id begins with a word, once all submitted have one.
    func results(of requests: [String], named prefix: String) throws -> [TestResult] {
        try kafka.submit(requests)
        let count = submitted.withLock { count in
            count += requests.count
            return count
        }
        return try kafka.results(count).filter { $0.requestID.hasPrefix(prefix) }
    }

    /// Waits until nothing runs but a host for each slot.
    func awaitQuiet() throws {
        try eventually("nothing is left but the hosts") {
            ProcessFacts.running("offender", kafka.group).count == Self.slots
        }
        let hosts = ProcessFacts.running("offender", kafka.group)
        traces.withLock { $0.note(hosts) }
    }

    /// Ends every host by a step of its own that hangs: what may live as long as a host does is gone afterwards.
    func replaceHosts(_ name: String) throws {
        let ending = #","labels":{"misbehave":"hang"},"limits":{"timeout_ms":500}"#
        let results = try results(
            of: (0..<Self.slots).map { request("\(name)-\($0)", more: ending) }, named: name)
        #expect(results.allSatisfy { $0.status == "timed_out" })
    }

    fileprivate func close() throws {
        #expect(try node.stop() == 0)
        kafka.close()
        #expect(ProcessFacts.running("offender", kafka.group).isEmpty)
        #expect(traces.withLock { $0.left } == [])
    }
}

/// The process groups, pipes, files and directories of hosts.
private struct HostTraces {
    private var processes: Set<Int32> = []
    private var pipes: Set<String> = []
    private var directories: Set<String> = []

    mutating func note(_ hosts: [String]) {
        for host in hosts {
            if let number = Int32(host) { processes.insert(number) }
            for descriptor in 0...2 { pipes.insert(ProcessFacts.link("/proc/\(host)/fd/\(descriptor)")) }
            let own = FileContent.text("/proc/\(host)/environ").split(separator: "\0").first {
                $0.hasPrefix("TMPDIR=")
            }
            if let own { directories.insert(String(own.dropFirst(7))) }
        }
        pipes.remove("")
    }

    /// What is still there.
    var left: [String] {
        let groups = processes.filter { killpg($0, 0) == 0 }.map { "process group \($0)" }
        let open = DirectoryEntries.list("/proc/self/fd").map { ProcessFacts.link("/proc/self/fd/\($0)") }
        let files = ["/tmp", "/dev/shm"].flatMap { directory in
            DirectoryEntries.list(directory).filter { name in
                processes.contains { name.hasPrefix("optimizer-offence-\($0)") }
            }
        }
        return groups + pipes.intersection(open) + files + directories.filter { access($0, F_OK) == 0 }
    }
}
