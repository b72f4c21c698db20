import Baseline
import Sizing
import Worker

/// What `optimizer plan` expects of a node, beside what one does: requests that come by themselves, steps that sleep.
struct PlanBenchmark {
    private static let partsBusy = [0.5, 0.7, 0.85]
    private static let variations = [0.0, 1]
    private static let parts = [("p50", 0.5), ("p95", 0.95), ("p99", 0.99)]

    let stepMs: Int
    let slots: Int
    let seconds: Int
    let output: BenchmarkOutput

    static func run(_ words: [String]) -> Int32 {
        let output = BenchmarkOutput(words)
        let benchmark = PlanBenchmark(
            stepMs: number(after: "--step-ms", in: words, default: 20),
            slots: number(after: "--slots", in: words, default: 5),
            seconds: number(after: "--seconds", in: words, default: 60), output: output)
        return output.run(benchmark.measure)
    }

    private func measure() throws -> BenchmarkFigures {
        var figures = BenchmarkFigures(broker: BenchKafka.kind)
        output.say(
            "milliseconds from the time a request should be sent at to its result, on \(figures.broker), and what a plan "
                + "expects without the way through Kafka")
        try compare("noop", OpenLoop(rate: 100, seconds: min(10, seconds)), expected: nil, &figures)
        for variation in Self.variations {
            for busy in Self.partsBusy {
                let rate = max(1, Int((busy * Double(slots) * 1000 / Double(stepMs)).rounded()))
                let steps = StepTimes(mean: Double(stepMs), variation: variation)
                let expected = QueueFigures(ratePerSecond: Double(rate), slots: slots, steps: steps)
                try compare(
                    "busy_\(Int(busy * 100))_variation_\(Int(variation))",
                    OpenLoop(rate: rate, seconds: seconds, steps: OpenLoopSteps(times: steps)), expected: expected,
                    &figures)
            }
        }
        return figures
    }

    private func compare(
        _ name: String, _ loop: OpenLoop, expected: QueueFigures?, _ figures: inout BenchmarkFigures
    ) throws {
        let kafka = try BenchKafka.real.map { try BenchKafka(bootstrap: $0) } ?? BenchKafka()
        defer { kafka.close() }
        let node = try ContenderKind.node.start(on: kafka.address, slots: slots)
        defer { node.stop() }
        let outcome = try loop.measure(on: kafka.address, reading: kafka.address.topics.results)
        let mean = outcome.milliseconds.reduce(0, +) / Double(max(1, outcome.milliseconds.count))
        let measured =
            [("mean", mean)] + Self.parts.map { ($0.0, Quantile.of(outcome.milliseconds, $0.1) ?? .nan) }
        let planned: [Double?] = [expected?.meanTime, expected?.p50, expected?.p95, expected?.p99]
        var words: [String] = []
        for ((part, value), plan) in zip(measured, planned) {
            figures.add("\(name)_\(part)_ms", value)
            let rounded = (value * 10).rounded() / 10
            words.append("\(part) \(rounded)" + (plan.map { " (\(($0 * 10).rounded() / 10))" } ?? ""))
        }
        output.say("\(loop.rate)/s \(name): \(words.joined(separator: ", "))")
    }
}
