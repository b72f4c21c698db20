import Glibc
import Messages
import Metrics
import Scheduling
import System
import TestSupport
import Testing

@testable import Worker

@Suite struct LockTests {
    private static let settings = ["pool.maxConcurrentStrategies=5", "limits.memoryMB=64"]

    @Test func realHostsThatLockInOppositeOrderAllComplete() async throws {
        try await onOwnThread {
            let kafka = try TestKafka()
            defer { kafka.close() }
            let node = try TestNode(kafka, Self.settings, mode: "locker")
            let count = 60
            let forth = "lock a;wait 5;lock b;wait 1;unlock a,b"
            let back = "lock b;wait 5;lock a;wait 1"
            try kafka.submit((0..<count).map { scripted("\($0)", $0 % 2 == 0 ? forth : back) })
            let results = try kafka.results(count)
            #expect(try node.stop() == 0)
            #expect(try kafka.contents(kafka.topics.results).count == count)
            #expect(results.allSatisfy { $0.status == "completed" }, "\(Set(results.map(\.message)))")

            let deadlocks = try kafka.events(.deadlock)
            #expect(!deadlocks.isEmpty)
            #expect(Double(deadlocks.count) == node.node.count(.deadlocks))
            #expect(Double(deadlocks.count) == node.node.count(.retries))
            let again = results.map { ($0.json["attempt"]?.integer ?? 0) - 1 }
            #expect(again.reduce(0, +) == deadlocks.count)
            for event in deadlocks {
                let cycle = event["cycle"]?.elements ?? []
                #expect(cycle.count == 2)
                #expect(Set(cycle.compactMap { $0["waits_for"]?.elements?.first?.string }) == ["a", "b"])
                #expect(cycle.contains { $0["request_id"] == event["victim"] })
            }
            let lost = try kafka.events(.hostLost).map {
                "\($0["reason"]?.string ?? ""): \($0["detail"]?.string ?? "")"
            }
            #expect(lost == Array(repeating: "deadlock: ended to break a deadlock", count: deadlocks.count))
        }
    }

    @Test func noTwoHostsHoldOneLockDeclaredOrTakenWhileRunning() async throws {
        try await onOwnThread {
            let kafka = try TestKafka()
            defer { kafka.close() }
            let directory = try TemporaryDirectory(prefix: "optimizer-locks")
            defer { directory.remove() }
            let file = directory.path + "/inside"
            let node = try TestNode(kafka, Self.settings, mode: "locker")
            try kafka.submit(
                (0..<80).map { index in
                    let inside = "enter \(file);wait 1;leave \(file)"
                    return index % 2 == 0
                        ? scripted("\(index)", "lock a;\(inside);unlock a;wait 1")
                        : scripted("\(index)", inside, more: #","locks":["a"]"#)
                })
            let results = try kafka.results(80)
            #expect(try node.stop() == 0)
            #expect(results.allSatisfy { $0.status == "completed" }, "\(Set(results.map(\.message)))")
        }
    }

    /// The host would read the next request where it waits for the grant: so nothing may be written behind such a step.
    @Test func aStepThatAsksForALockBehindOthersRunsAgainByItself() async throws {
        try await onOwnThread {
            let kafka = try TestKafka(partitions: 1)
            defer { kafka.close() }
            let directory = try TemporaryDirectory(prefix: "optimizer-locks")
            defer { directory.remove() }
            let file = directory.path + "/inside"
            // On a busy machine, too, steps count as short.
            let node = try TestNode(kafka, Self.settings, mode: "locker") {
                $0.serviceTimes = ServiceTimes(budgetNanoseconds: 1e9)
            }
            try kafka.submit(
                (0..<600).map { index in
                    index < 300 || index % 2 == 0
                        ? request("\(index)")
                        : scripted("\(index)", "lock a;enter \(file);leave \(file);unlock a")
                })
            let results = try kafka.results(600)
            #expect(try node.stop() == 0)
            #expect(results.allSatisfy { $0.status == "completed" }, "\(Set(results.map(\.message)))")
            #expect(try kafka.contents(kafka.topics.results).count == 600)
            // Every slot finds that out once at most.
            let lost = try kafka.events(.hostLost).map { "\($0["reason"]?.string ?? "")" }
            #expect(lost.count <= 5 && Set(lost) == ["recycled"], "\(lost)")
        }
    }

    /// A step that is killed at its deadline gives its locks back when it is dead.
    @Test func whoHangsWithALockKeepsNobodyWaitingLongerThanItsDeadline() async throws {
        try await onOwnThread {
            let kafka = try TestKafka()
            defer { kafka.close() }
            let node = try TestNode(kafka, Self.settings, mode: "locker")
            try kafka.submit([scripted("hangs", "lock a;hang", more: #","limits":{"timeout_ms":300}"#)])
            // On a machine that is slow enough it is over already.
            try eventually("the first one runs") { node.node.runningCount + node.node.finishedCount == 1 }
            try kafka.submit((0..<5).map { scripted("\($0)", "lock a") })
            let results = try kafka.results(6)
            #expect(try node.stop() == 0)
            for result in results {
                #expect(result.status == (result.requestID == "hangs" ? "timed_out" : "completed"))
            }
        }
    }

    /// The file belongs to the process: whoever has the lock next finds it free only if that is dead.
    @Test func theLocksOfAKilledHostAreGivenOnWhenItIsDead() async throws {
        try await onOwnThread {
            let kafka = try TestKafka(partitions: 1)
            defer { kafka.close() }
            let directory = try TemporaryDirectory(prefix: "optimizer-locks")
            defer { directory.remove() }
            let node = try TestNode(kafka, Self.settings, mode: "locker")
            let limits = #","limits":{"timeout_ms":200}"#
            try kafka.submit(
                (0..<12).flatMap { index in
                    let file = "\(directory.path)/\(index)"
                    return [
                        scripted("hangs-\(index)", "lock \(index);own \(file);hang", more: limits),
                        scripted("\(index)", "await \(file);lock \(index);own \(file)"),
                    ]
                })
            let results = try kafka.results(24)
            #expect(try node.stop() == 0)
            for result in results {
                let expected = result.requestID.hasPrefix("hangs") ? "timed_out" : "completed"
                #expect(result.status == expected, "\(result.requestID): \(result.message)")
            }
        }
    }

    @Test func aDeadlockInADrainingNodeLosesNoRequest() async throws {
        try await onOwnThread {
            let kafka = try TestKafka(partitions: 1)
            defer { kafka.close() }
            let directory = try TemporaryDirectory(prefix: "optimizer-locks")
            defer { directory.remove() }
            let (first, second) = (directory.path + "/first", directory.path + "/second")
            let drains = directory.path + "/drains"
            let settings = Self.settings + ["limits.timeoutMs=3600000", "shutdown.drainMs=3600000"]
            let node = try TestNode(kafka, settings, mode: "locker")
            try kafka.submit([
                scripted("0", "lock a;own \(first);await \(second);await \(drains);lock b"),
                scripted("1", "lock b;own \(second);await \(first);await \(drains);lock a"),
            ])
            try eventually("both run") { node.node.runningCount == 2 }
            node.node.requestStop()
            try eventually("it drains") { node.log.all.contains { $0.contains("\"draining\"") } }
            close(open(drains, O_CREAT | O_WRONLY, 0o600))
            // The victim is given back, not waited for until the drain's time is over, or its own.
            #expect(try node.stop() == 0)
            #expect(node.node.count(.deadlocks) == 1)
            let next = try TestNode(kafka, Self.settings, mode: "locker")
            let results = try kafka.results(2)
            #expect(try next.stop() == 0)
            #expect(results.allSatisfy { $0.status == "completed" })
        }
    }
}
