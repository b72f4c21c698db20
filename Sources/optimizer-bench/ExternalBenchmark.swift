import Baseline
import Messages
import System
import Worker

/// Steps/s of an external strategy through a whole node, against the built-in `noop` on the same node.
struct ExternalBenchmark {
    /// What a contender does before it is measured: hosts start, and the node learns how long its steps take.
    private static let unmeasuredJobs = 2000

    let jobs: Int
    let rounds: Int
    let slots: Int
    let file: String
    let strategy: String
    let output: BenchmarkOutput

    static func run(_ words: [String]) -> Int32 {
        let benchmark = ExternalBenchmark(
            jobs: number(after: "--jobs", in: words, default: 50_000),
            rounds: number(after: "--rounds", in: words, default: 3),
            slots: number(after: "--slots", in: words, default: 2),
            file: word(after: "--config", in: words) ?? "deploy/examples/python/optimizer.yml",
            strategy: word(after: "--strategy", in: words) ?? "empty", output: BenchmarkOutput(words))
        return benchmark.output.run(benchmark.measure)
    }

    private func measure() throws -> BenchmarkFigures {
        let feeder = try FeederProcess()
        defer { feeder.stop() }
        let node = try MeasuredNode(
            on: feeder.kafka, slots: slots, settings: ["metrics.http=null", "limits.memoryMB=256"], file: file)
        defer { node.stop() }
        let strategies = ["noop", strategy]
        var found: [String: [Double]] = [:]
        for strategy in strategies { _ = try feeder.feed(Self.unmeasuredJobs, strategy: strategy) }
        for round in 1...rounds {
            for strategy in strategies {
                found[strategy, default: []].append(Double(jobs) / (try feeder.feed(jobs, strategy: strategy)))
            }
            let words = strategies.compactMap { name in found[name]?.last.map { "\(name) \(Int($0)) steps/s" } }
            output.say("round \(round): \(words.joined(separator: "; "))")
        }
        var figures = BenchmarkFigures(broker: BenchKafka.kind)
        let medians = strategies.map { Quantile.median(found[$0] ?? []) ?? .nan }
        for (strategy, median) in zip(strategies, medians) { figures.add("\(strategy)_steps_per_second", median) }
        figures.add("external_per_noop", medians[1] / medians[0])
        output.say("medians of \(rounds) rounds of \(jobs) steps, \(slots) slots, on \(figures.broker):")
        output.list(figures)
        return figures
    }
}
