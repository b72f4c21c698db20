import Kafka
import Messages
import Testing

@testable import Worker

@Suite struct BackpressureTests {
    /// 20 ms steps and a backlog: partitions are paused and resumed, the depth never passes the bound, and the node
    /// does at least 95 % of what one that never pauses does in the same run.
    @Test func pausesAndResumesWithoutLosingThroughput() async throws {
        try await onOwnThread {
            let steps = 1500
            let pausing = try Self.run(steps: steps, ["backpressure.pauseAfterMs=50"])
            let never = try Self.run(steps: steps, ["backpressure.pauseAfterMs=3600000"])
            #expect(pausing.pauses > 0)
            #expect(pausing.pauses == pausing.resumes || pausing.pauses == pausing.resumes + 1)
            #expect(never.pauses == 0)
            #expect(pausing.deepest <= 100)
            #expect(pausing.deepest > 50)
            let ratio = Double(never.milliseconds) / Double(pausing.milliseconds)
            #expect(ratio >= 0.95, "\(pausing.milliseconds) ms with pauses, \(never.milliseconds) ms without")
        }
    }

    private struct Run {
        var milliseconds: Int
        var pauses: Int
        var resumes: Int
        var deepest: Int
    }

    private static func run(steps: Int, _ settings: [String]) throws -> Run {
        let kafka = try TestKafka()
        defer { kafka.close() }
        try kafka.submit((0..<steps).map { request("r\($0)", "sleep", #"{"ms":20}"#) })
        let node = try TestNode(
            kafka, settings + ["metrics.intervalMs=100", "pool.maxConcurrentStrategies=5", "limits.memoryMB=64"])
        // The clock of the records: from the first result to the last, the group's join not counted.
        let results = try kafka.results(steps)
        let times = results.compactMap(\.record.timestampMs)
        let states = try kafka.events("interval")
        #expect(try node.stop() == 0)
        let paused = (try? kafka.events("paused", seconds: 1).count) ?? 0
        let resumed = (try? kafka.events("resumed", seconds: 1).count) ?? 0
        #expect(results.count == steps)
        return Run(
            milliseconds: Int((times.max() ?? 0) - (times.min() ?? 0)), pauses: paused, resumes: resumed,
            deepest: states.compactMap { $0["queue_depth"]?.integer }.max() ?? 0)
    }
}
