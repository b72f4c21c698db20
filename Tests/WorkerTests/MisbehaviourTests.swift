import Glibc
import Messages
import TestSupport
import Testing

@testable import Worker

/// A way to misbehave, and what becomes of a step that does.
struct Misbehaviour: CustomTestStringConvertible, Sendable {
    let how: String
    let ends: Set<String>
    /// What its error says.
    var says = ""
    /// So many steps do it, one after the other or at once.
    var count = 1
    /// The deadline of its steps.
    var timeoutMs = Patience.milliseconds
    /// Further members of its requests.
    var more = ""
    /// It may live as long as its host, which has not been ended.
    var lastsAsItsHost = false

    var testDescription: String { how }

    static func overdue(_ how: String, more: String = "") -> Misbehaviour {
        Misbehaviour(
            how: how, ends: ["timed_out deadline_exceeded"], says: "killed at its deadline", timeoutMs: 600, more: more)
    }

    static func crash(_ how: String, _ says: String, code: String = "host_crashed", count: Int = 1) -> Misbehaviour {
        Misbehaviour(how: how, ends: ["crashed \(code)"], says: says, count: count)
    }

    /// The monitor ends it, or, where that comes late on a busy machine, the process's own limit refuses it more.
    static let hoarding = Misbehaviour(
        how: "hoard", ends: ["resource_exceeded memory_exceeded", "failed refused"], says: "memory")

    /// Runs it on the suite's node, among steps that behave: they complete, and nothing is left of it.
    func run() async throws {
        let shared = try #require(UnrulyNode.current)
        try await onOwnThread {
            try shared.awaitQuiet()
            let limits = #","labels":{"misbehave":"\#(how)"},"limits":{"timeout_ms":\#(timeoutMs)}\#(more)"#
            let bad = (0..<count).map { request("\(how):bad-\($0)", more: limits) }
            let good = (0..<12).map { request("\(how):good-\($0)", "sleep", #"{"ms":5}"#) }
            let results = try shared.results(of: bad + good, named: "\(how):")
            let (lost, kept) = (
                results.filter { $0.requestID.contains(":bad-") }, results.filter { $0.requestID.contains(":good-") }
            )
            #expect(kept.count == 12 && kept.allSatisfy { $0.status == "completed" })
            #expect(lost.count == count)
            for result in lost {
                let end = [result.status, result.code].compactMap { $0 }.joined(separator: " ")
                #expect(ends.contains(end) && result.message.contains(says), "\(end): \(result.message)")
                for used in ["cpu_ms", "max_rss_mb", "throttled_ms"] {
                    #expect(result.json["usage"]?[used]?.double != nil, "usage.\(used)")
                }
            }
            if lastsAsItsHost { try shared.replaceHosts("after-\(how)") }
            try shared.awaitQuiet()
        }
    }
}

/// A strategy that misbehaves loses its step, and nobody else's; nothing is left of it.
@Suite(.serialized, OneUnrulyNode(sandbox: "standard")) struct MisbehaviourTests {
    static let padding = #","padding":"\#(String(repeating: "x", count: 600_000))""#

    static let cases: [Misbehaviour] = [
        .overdue("burn"), .overdue("sleep"), .overdue("stop"), .overdue("stubborn-step"), .overdue("drip"),
        .overdue("endless-errors"), .overdue("never-reads", more: padding), .overdue("daemon-and-hang"),
        .crash("die", "ended by signal 9", count: 6),
        .crash("exit", "exited with code 3; its last words: giving up"),
        .crash("recursion", "ended by signal 11"),
        .crash("kill-node", "ended by signal 9"),
        .crash("close-output", "closed its output"),
        .crash("flood", "a frame of 104857600 bytes"),
        .crash("invalid-utf8", "not a reply", code: "host_protocol"),
        .hoarding,
        Misbehaviour(how: "grab", ends: ["resource_exceeded memory_exceeded", "failed refused"]),
        Misbehaviour(how: "spread-memory", ends: ["resource_exceeded memory_exceeded"], says: "memory limit of 96 MB"),
        Misbehaviour(
            how: "fork-bomb", ends: ["resource_exceeded resource_exceeded", "timed_out deadline_exceeded"],
            timeoutMs: 1500),
        Misbehaviour(how: "long-file", ends: ["resource_exceeded resource_exceeded"], says: "more than 64 MB"),
        Misbehaviour(
            how: "many-files", ends: ["failed refused"], says: "refused: after ", lastsAsItsHost: true),
        // Only a cgroup or the strict sandbox keeps a host from it.
        Misbehaviour(
            how: "fill-shared-memory", ends: ["completed", "resource_exceeded memory_exceeded"], lastsAsItsHost: true),
        Misbehaviour(how: "daemon", ends: ["completed"], lastsAsItsHost: true),
    ]

    @Test(arguments: cases) func losesItsOwnStepAlone(_ entry: Misbehaviour) async throws {
        try await entry.run()
    }
}

/// What only the strict sandbox keeps hosts from, and what must not be different in it.
@Suite(.serialized, OneUnrulyNode(sandbox: "strict")) struct StrictMisbehaviourTests {
    static let cases: [Misbehaviour] = [
        Misbehaviour(how: "fill-shared-memory", ends: ["failed refused"], says: "Permission denied"),
        Misbehaviour(how: "network", ends: ["failed refused"], says: "Operation not permitted"),
        .overdue("burn"),
        .crash("kill-node", "ended by signal 9"),
        Misbehaviour(
            how: "fork-bomb", ends: ["resource_exceeded resource_exceeded", "timed_out deadline_exceeded"],
            timeoutMs: 1500),
        .hoarding,
        Misbehaviour(how: "daemon", ends: ["completed"], lastsAsItsHost: true),
    ]

    @Test(arguments: cases) func losesItsOwnStepAlone(_ entry: Misbehaviour) async throws {
        try await entry.run()
    }
}

@Suite struct IsolationAtStartTests {
    @Test func whatIsInForceIsSaidAtTheStart() async throws {
        try await onOwnThread {
            let kafka = try TestKafka(partitions: 1)
            defer { kafka.close() }
            try kafka.submit([request("one")])
            let node = try TestNode(kafka, ["pool.maxConcurrentStrategies=2", "isolation.enforcement=rlimit"])
            _ = try kafka.results(1)
            #expect(try node.stop() == 0)
            let started = node.log.all.first { $0.contains("\"started\"") } ?? ""
            #expect(started.contains(#""cpu":"monitor""#) && started.contains(#""sandbox":"standard""#))
            #expect(node.log.all.contains { $0.contains("isolation tried") })
            #expect(!node.log.all.contains { $0.contains("isolation does not hold") })
        }
    }
}
