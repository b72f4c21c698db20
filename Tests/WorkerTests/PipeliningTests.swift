import Glibc
import Messages
import Metrics
import Scheduling
import TestSupport
import Testing

@testable import Worker

/// Steps that are written to a host behind others, through a whole node.
@Suite struct PipeliningTests {
    /// How often a request is a bad one, and what becomes of it.
    private static let bad = [
        "answer-twice": "completed", "die": "crashed", "exit": "crashed", "babble": "crashed", "hang": "timed_out",
    ]

    private static func how(_ index: Int) -> String? {
        switch index % 300 {
        case 49: "answer-twice"
        case 99: "die"
        case 199: "exit"
        case 299: index % 3000 == 2999 ? "hang" : "babble"
        default: nil
        }
    }

    private static func text(_ index: Int) -> String {
        guard let how = how(index) else { return request("\(index)") }
        return request("\(index)", more: #","labels":{"misbehave":"\#(how)"}"#)
    }

    private static func requests(_ range: Range<Int>) -> [String] { range.map { text($0) } }

    /// The throttle would have the strategy run step by step after its first bad end. All steps have the same limits,
    /// so that they may be written ahead, and a deadline that a machine with much else to do keeps.
    private static let settings = [
        "pool.maxConcurrentStrategies=3", "limits.memoryMB=64", "throttle.enabled=false", "limits.timeoutMs=20000",
    ]

    /// Writes ahead also where a machine with much else to do makes no step short.
    private static func node(_ kafka: TestKafka) throws -> TestNode {
        try TestNode(kafka, settings, unruly: true) { $0.serviceTimes = ServiceTimes(budgetNanoseconds: 1e9) }
    }

    @Test func aHostThatIsLostAmongManyShortStepsCostsItsOwnStepAlone() async throws {
        try await onOwnThread {
            let count = 4500
            let kafka = try TestKafka(partitions: 3)
            defer { kafka.close() }
            let node = try Self.node(kafka)
            try kafka.submit(Self.requests(0..<count))
            let results = try kafka.results(count)
            #expect(try node.stop() == 0)
            #expect(Set(results.map(\.requestID)).count == count)
            for result in results {
                let how = Int(result.requestID).flatMap { Self.how($0) }
                let expected = how.flatMap { Self.bad[$0] } ?? "completed"
                #expect(result.status == expected, "\(result.requestID) \(how ?? "good"): \(result.message)")
            }
            #expect(try kafka.contents(kafka.topics.results).count == count)
            // Some were written ahead to a host that was lost, and ran again by themselves.
            #expect(node.node.count(.retries) > 0)
            for timing in results.compactMap({ $0.json["timing"] }) {
                #expect(["queued_ms", "step_ms", "total_ms"].allSatisfy { (timing[$0]?.double ?? -1) >= 0 })
            }
        }
    }

    @Test func aStepThatIsSuddenlySlowKeepsNobodyWaitingBehindIt() async throws {
        try await onOwnThread {
            let kafka = try TestKafka(partitions: 1)
            defer { kafka.close() }
            // The node gives the long step up at its end.
            let settings = [
                "pool.maxConcurrentStrategies=2", "limits.memoryMB=64", "limits.timeoutMs=3600000",
                "shutdown.drainMs=0",
            ]
            let node = try TestNode(kafka, settings) {
                $0.serviceTimes = ServiceTimes(budgetNanoseconds: 1e9)
            }
            // Until short steps are known to be short.
            try kafka.submit((0..<200).map { request("\($0)", "sleep", #"{"ms":0}"#) })
            _ = try kafka.results(200)
            try kafka.submit(
                (200..<300).map { request("\($0)", "sleep", #"{"ms":\#($0 == 205 ? 3_000_000 : 0)}"#) })
            let others = try kafka.results(299)
            #expect(try node.stop() == 0)
            #expect(Set(others.map(\.requestID)) == Set((0..<300).map(String.init)).subtracting(["205"]))
            #expect(others.allSatisfy { $0.status == "completed" })
            #expect(try kafka.contents(kafka.topics.results).count == 299)
        }
    }

    @Test func aStepThatSeemsToEndBeforeItCameHasNoTimeBelowZero() {
        let came = MonotonicTime(nanoseconds: 5_000_000)
        let run = StepRun(
            started: MonotonicTime(nanoseconds: 2_000_000), ended: MonotonicTime(nanoseconds: 3_000_000), attempt: 1,
            usage: nil)
        let timing = ResultTiming(arrived: came, run)
        #expect(timing.queuedMs == 0 && timing.stepMs == 1 && timing.totalMs == 0)
    }

    /// Twice it has been tried; before the third time it was over.
    @Test func aStepThatIsOverWithoutBeingRunHasTheAttemptsThatItHad() throws {
        let now = MonotonicTime(nanoseconds: 1)
        let step = Step(
            request: try StrategyRequest.parse(Array(request("r").utf8)),
            origin: RequestOrigin(topic: "t", partition: 0, offset: 0, key: nil),
            coordinates: RequestCoordinates(partition: 0, generation: 1, offset: 0),
            limits: ResourceLimits(cpuPercent: 80, memoryMB: 64, timeoutMs: 1000), arrivedAt: now, token: 1)
        #expect(StepRun(notBegun: step, at: now).attempt == 1)
        #expect(StepRun(notBegun: step.again().again(), at: now).attempt == 2)
    }

    @Test func aNodeThatEndsGivesBackNothingItHasRunAndLosesNothing() async throws {
        try await onOwnThread {
            let count = 2500
            let kafka = try TestKafka(partitions: 3)
            defer { kafka.close() }
            let first = try Self.node(kafka)
            try kafka.submit((0..<count).map { request("\($0)") })
            try eventually("the first node has worked") { first.node.finishedCount > 500 }
            #expect(try first.stop() == 0)
            let done = try kafka.contents(kafka.topics.results).count
            #expect(done == first.node.finishedCount)
            let second = try Self.node(kafka)
            let results = try kafka.results(count)
            #expect(try second.stop() == 0)
            #expect(Set(results.map(\.requestID)).count == count)
            // A drain that ends in time has nothing run twice.
            #expect(try kafka.contents(kafka.topics.results).count == count)
        }
    }
}
