import Baseline
import Worker

/// How long a request takes to its result, at several rates: through a node, through the isolated loop, and directly, from
/// the topic of the requests to a consumer of it.
struct LatencyBenchmark {
    /// What stands between a request and what is seen.
    private enum Way: String, CaseIterable {
        /// Nothing: the requests themselves are read. What a broker and two clients take is in every other figure, too.
        case direct
        case node
        case isolated
        /// The isolated loop, results of which wait 5 ms for others.
        case isolatedLinger5 = "isolated_linger_5"
    }

    private static let parts = [("p50", 0.5), ("p95", 0.95), ("p99", 0.99), ("p99_9", 0.999)]

    let rates: [Int]
    let seconds: Int
    let slots: Int
    let output: BenchmarkOutput

    static func run(_ words: [String]) -> Int32 {
        let output = BenchmarkOutput(words)
        let given = words.firstIndex(of: "--rates").map { $0 + 1 < words.count ? words[$0 + 1] : "" }
        let rates = (given ?? "1000,3000,5000").split(separator: ",", omittingEmptySubsequences: false).map { Int($0) }
        guard rates.allSatisfy({ (1...100_000).contains($0 ?? 0) }) else {
            output.say("optimizer-bench: --rates wants requests a second, like 1000,3000, each 100000 at most")
            return ExitCode.usage
        }
        let benchmark = LatencyBenchmark(
            rates: rates.compactMap(\.self), seconds: number(after: "--seconds", in: words, default: 10),
            slots: number(after: "--slots", in: words, default: 5), output: output)
        return output.run(benchmark.measure)
    }

    private func measure() throws -> BenchmarkFigures {
        var figures = BenchmarkFigures(broker: BenchKafka.kind)
        output.say("milliseconds from the time a request should be sent at to its result, on \(figures.broker)")
        for rate in rates {
            for way in Way.allCases {
                let outcome = try measure(way, OpenLoop(rate: rate, seconds: seconds))
                var words: [String] = []
                for (name, part) in Self.parts {
                    let value = Quantile.of(outcome.milliseconds, part) ?? .nan
                    figures.add("\(way.rawValue)_\(rate)_\(name)_ms", value)
                    words.append("\(name) \((value * 100).rounded() / 100)")
                }
                if outcome.missing > 0 {
                    words.append("\(outcome.missing) had not come by the end and count until then")
                }
                output.say("\(rate)/s \(way.rawValue): \(words.joined(separator: ", "))")
            }
        }
        return figures
    }

    private func measure(_ way: Way, _ loop: OpenLoop) throws -> OpenLoop.Outcome {
        let kafka = try BenchKafka.real.map { try BenchKafka(bootstrap: $0) } ?? BenchKafka()
        defer { kafka.close() }
        let contender = try start(way, on: kafka.address)
        defer { contender?.stop() }
        let topics = kafka.address.topics
        return try loop.measure(on: kafka.address, reading: way == .direct ? topics.requests : topics.results)
    }

    private func start(_ way: Way, on kafka: BenchKafka.Address) throws -> (any Contender)? {
        switch way {
        case .direct: nil
        case .node: try ContenderKind.node.start(on: kafka, slots: slots)
        case .isolated: try MeasuredLoop(on: kafka, children: slots, lingerMs: 0)
        case .isolatedLinger5: try MeasuredLoop(on: kafka, children: slots, lingerMs: 5)
        }
    }
}
