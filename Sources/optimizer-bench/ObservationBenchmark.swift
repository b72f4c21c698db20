import Glibc
import Worker

/// What it costs to be observed: processor time per noop job with everything on, against the same with everything off.
enum ObservationBenchmark {
    /// What is on: `/metrics` and `/status` asked for every second, as a Prometheus and a browser do, metrics events
    /// and the clients' statistics at their defaults, and the lag that is asked for with the events.
    private static let on = ["metrics.http=127.0.0.1:0"]
    private static let off = [
        "metrics.http=null", "metrics.intervalMs=3600000", "kafka.client.statistics.interval.ms=0",
    ]

    static func run(_ words: [String]) -> Int32 {
        let jobs = number(after: "--jobs", in: words, default: 200_000)
        let rounds = number(after: "--rounds", in: words, default: 8)
        let slots = number(after: "--slots", in: words, default: 5)
        do {
            var ratios: [Double] = []
            var least = (observed: Double.infinity, bare: Double.infinity)
            for round in 0..<rounds {
                // Which comes first changes, so that what drifts falls on both.
                let isOnFirst = round % 2 == 0
                let first = try cost(jobs, slots, isOn: isOnFirst)
                let second = try cost(jobs, slots, isOn: !isOnFirst)
                let (observed, bare) = isOnFirst ? (first, second) : (second, first)
                ratios.append(observed / bare)
                least = (min(least.observed, observed), min(least.bare, bare))
                print(
                    "round \(round + 1): \(hundredths(observed)) us of processor per job observed, "
                        + "\(hundredths(bare)) us not; \(percent(observed / bare)) %")
                fflush(nil)
            }
            let sorted = ratios.sorted()
            print(
                "median of \(rounds) pairs: \(percent(sorted[rounds / 2])) % more processor time per job with everything "
                    + "on (\(percent(sorted[0])) to \(percent(sorted[rounds - 1])) %)")
            // What else the machine does only ever adds.
            print(
                "least of all rounds: \(hundredths(least.observed)) us observed, \(hundredths(least.bare)) us not; "
                    + "\(percent(least.observed / least.bare)) %")
            return ExitCode.success
        } catch {
            print("optimizer-bench: \(error)")
            return ExitCode.failure
        }
    }

    private static func cost(_ jobs: Int, _ slots: Int, isOn: Bool) throws -> Double {
        try ThroughputBenchmark.nodeRound(jobs, slots: slots, settings: isOn ? on : off, isScraped: isOn)
            .cpuMicroseconds
    }

    private static func hundredths(_ value: Double) -> Double { (value * 100).rounded() / 100 }

    private static func percent(_ ratio: Double) -> Double { ((ratio - 1) * 1000).rounded() / 10 }
}
