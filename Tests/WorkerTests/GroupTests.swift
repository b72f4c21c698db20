import Glibc
import Messages
import Metrics
import System
import TestSupport
import Testing

@testable import Worker

@Suite(.machine(.nodes(2))) struct GroupTests {
    @Test func twoNodesShareTheWorkAndOneIsKilledInTheMiddle() async throws {
        try await onOwnThread {
            let kafka = try TestKafka(partitions: 6)
            defer { kafka.close() }
            let settings = ["pool.maxConcurrentStrategies=3", "limits.memoryMB=64"]
            let first = try NodeProcess(kafka, settings + ["node.id=first"])
            let second = try NodeProcess(kafka, settings + ["node.id=second"])
            // Both have partitions before the work comes.
            try eventually("both nodes have partitions") {
                let states = try kafka.events(.interval)
                let last = Dictionary(states.map { ($0["node"]?.string ?? "", $0) }) { $1 }
                return last.count == 2 && last.values.allSatisfy { $0["partitions"]?.elements?.count == 3 }
            }
            let count = 600
            try kafka.submit((0..<count).map { request("r\($0)", "sleep", #"{"ms":20}"#) })
            _ = try kafka.read(kafka.topics.results) { records in
                records.count >= 100 && Set(records.compactMap { TestResult($0)?.node }) == ["first", "second"]
            }
            first.signal(SIGKILL)
            #expect(first.wait() == -SIGKILL)
            let results = try kafka.results(count)
            #expect(Set(results.map(\.requestID)).count == count)
            #expect(results.allSatisfy { $0.status == "completed" })
            second.signal(SIGTERM)
            #expect(second.wait() == 0)
        }
    }

    @Test func aPartitionThatMovesIsDrainedAndCommittedBefore() async throws {
        try await onOwnThread {
            let kafka = try TestKafka(partitions: 4)
            defer { kafka.close() }
            let settings = ["pool.maxConcurrentStrategies=5", "limits.memoryMB=64"]
            // Work comes until the second node has done some: how long it takes to join is the broker's affair.
            var count = 0
            func submit(_ more: Int) throws {
                try kafka.submit((count..<count + more).map { request("r\($0)", "sleep", #"{"ms":20}"#) })
                count += more
            }
            try submit(400)
            let first = try TestNode(kafka, settings + ["node.id=first"])
            _ = try kafka.results(100)
            let second = try TestNode(kafka, settings + ["node.id=second"])
            var results: [TestResult] = []
            for _ in 0..<40 where Set(results.map(\.node)) != ["first", "second"] {
                try submit(200)
                results = try kafka.results(count - 200)
            }
            results = try kafka.results(count)
            #expect(Set(results.map(\.node)) == ["first", "second"])
            #expect(try first.stop() == 0)
            #expect(try second.stop() == 0)
            // The mock refuses every commit during a rebalance, so what was done since the last one runs again there;
            // on a real Kafka nothing does.
            let repeated = results.count - count
            #expect(repeated <= (kafka.broker == nil ? 0 : 400), "\(repeated) requests ran twice")
        }
    }

    @Test func aStepOfAPartitionThatMovesIsEndedAndRunsOnceMore() async throws {
        try await onOwnThread {
            let kafka = try TestKafka(partitions: 2)
            defer { kafka.close() }
            let directory = try TemporaryDirectory(prefix: "optimizer-group")
            defer { directory.remove() }
            let end = directory.path + "/end"
            let settings = OwnKillTests.strict + ["rebalance.revokeDrainMs=100", "pool.maxConcurrentStrategies=8"]
            try kafka.submit((0..<8).map { scripted("r\($0)", "await \(end)") })
            let first = try TestNode(kafka, settings + ["node.id=first"], mode: "locker")
            try eventually("the steps run") { first.node.runningCount == 8 }
            let second = try TestNode(kafka, settings + ["node.id=second"], mode: "locker")
            try eventually("each has a partition, and all steps run") {
                first.node.partitions.count == 1 && second.node.partitions.count == 1
                    && first.node.runningCount + second.node.runningCount == 8
            }
            close(open(end, O_CREAT | O_WRONLY, 0o600))
            let results = try kafka.results(8)
            #expect(try first.stop() == 0)
            #expect(try second.stop() == 0)
            // Had they gone on on the first node, there were two results each.
            #expect(try kafka.contents(kafka.topics.results).count == 8)
            #expect(results.allSatisfy { $0.status == "completed" })
            #expect(first.node.count(.hostRestarts, "recycled") >= 4)
            for node in [first, second] { try node.expectNobodyBlamed() }
        }
    }

    @Test(.enabled(if: TestKafka.realBootstrap != nil, "the embedded broker refuses every commit in a rebalance"))
    func nodesThatAreReplacedUnderLoadOneByOneRunEachRequestOnce() async throws {
        try await onOwnThread {
            let kafka = try TestKafka(partitions: 6)
            defer { kafka.close() }
            // So that also a broker that has much else to do acknowledges in time what was published.
            let settings = ["pool.maxConcurrentStrategies=3", "limits.memoryMB=64", "rebalance.revokeDrainMs=20000"]
            var nodes = try ["0", "1"].map { try TestNode(kafka, settings + ["node.id=\($0)"]) }
            var count = 0
            for round in 2..<7 {
                // More than they do in a round: all of it happens under load.
                try kafka.submit((count..<count + 1000).map { request("r\($0)", "sleep", #"{"ms":10}"#) })
                count += 1000
                let next = try TestNode(kafka, settings + ["node.id=\(round)"])
                nodes.append(next)
                try eventually("the new one has partitions") { !next.node.partitions.isEmpty }
                #expect(try nodes.removeFirst().stop() == 0)
            }
            let results = try kafka.results(count)
            for node in nodes { #expect(try node.stop() == 0) }
            #expect(results.count == count)
            #expect(try kafka.contents(kafka.topics.results).count == count)
            #expect(Set(results.map(\.node)).count > 3)
        }
    }
}
