import Glibc
import Messages
import Strategies
import System

/// How fast a built-in strategy runs, against a C loop that does the same and nothing else.
package struct EngineComparison: Sendable {
    package let bars: Int
    /// A whole request of sma_crossover over a mapped data set, from its bytes to the reply's, in microseconds.
    package let requestMicroseconds: Double
    /// The C loop over the same bars, all statistics included, in microseconds.
    package let baselineMicroseconds: Double
    /// A sweep's step, divided by its bars and sets.
    package let nanosecondsPerBarAndSet: Double

    /// How many times the C loop's time a request takes.
    package var ratio: Double { requestMicroseconds / baselineMicroseconds }

    /// One line for people.
    package var summary: String {
        "sma_crossover with all statistics over \(bars) mapped bars: \(rounded(requestMicroseconds)) us from request to "
            + "reply, C loop \(rounded(baselineMicroseconds)) us, ratio \(rounded(ratio)); in a sweep "
            + "\(rounded(nanosecondsPerBarAndSet)) ns per bar and set"
    }

    private func rounded(_ value: Double) -> Double { (value * 100).rounded() / 100 }

    /// Measures in turns and keeps the best of each, so that what else runs on the machine weighs little.
    ///
    /// - Parameters:
    ///   - csv: market data like `deploy/data/synth_walk.csv`; it is imported into a temporary directory.
    /// - Throws: `ImportProblem`, `RequestProblem` or `SystemFailure`; also where the two do not come to the same figures.
    package static func measure(csv: String, rounds: Int) throws -> EngineComparison {
        let temporary = try TemporaryDirectory(prefix: "optimizer-bench")
        defer { temporary.remove() }
        let directory = temporary.path
        guard let name = DataSetName(dataset: "baseline", timeframe: "1d") else {
            throw RequestProblem(.internalError, "the data set's name is not valid")
        }
        let entry = try DataSetImport.run(csv, as: name, under: directory)
        let host = HostedStrategies(dataRoot: directory, engineVersion: "bench")
        let request = Array(
            """
            {"request_id":"bench","strategy":{"name":"sma_crossover","parameters":{"fast":10,"slow":20}},\
            "data":{"dataset":"baseline","timeframe":"1d","version":"\(entry.version)"}}
            """.utf8)
        let plan = try SweepPlan(Sweep.parse(Array(sweep.utf8)), dataRoot: directory)
        let step = plan.request(step: 0)
        let loop = try BaselineLoop(csv: csv)
        try loop.check(against: host.run(request))
        var best = (request: Double.infinity, baseline: Double.infinity, step: Double.infinity)
        for _ in 0..<rounds {
            best.request = min(best.request, microseconds(repeating: 20) { _ = host.run(request) })
            best.baseline = min(best.baseline, microseconds(repeating: 20) { _ = loop.run() })
            best.step = min(best.step, microseconds(repeating: 1) { _ = host.run(step) })
        }
        let work = Double(plan.bars * plan.sets(ofStep: 0).count)
        return EngineComparison(
            bars: entry.bars, requestMicroseconds: best.request, baselineMicroseconds: best.baseline,
            nanosecondsPerBarAndSet: best.step * 1000 / work)
    }

    private static let sweep = """
        {"type":"optimization","optimization_id":"bench","strategy":{"name":"sma_crossover"},
        "data":{"dataset":"baseline"},"parameters":[{"name":"fast","min":5,"max":24,"step":1},
        {"name":"slow","min":30,"max":125,"step":5}]}
        """

    private static func microseconds(repeating count: Int, _ body: () -> Void) -> Double {
        let start = now()
        for _ in 0..<count { body() }
        return (now() - start) / Double(count)
    }

    private static func now() -> Double {
        var time = timespec()
        unsafe clock_gettime(CLOCK_MONOTONIC, &time)
        return Double(time.tv_sec) * 1e6 + Double(time.tv_nsec) / 1e3
    }
}
