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
            var shares: [Double] = []
            for round in 0..<rounds {
                // Which comes first changes, so that what drifts falls on both.
                let isOnFirst = round % 2 == 0
                let first = try measure(jobs, slots, isOn: isOnFirst)
                let second = try measure(jobs, slots, isOn: !isOnFirst)
                let (observed, bare) = isOnFirst ? (first, second) : (second, first)
                ratios.append(observed.cpuMicroseconds / bare.cpuMicroseconds - 1)
                shares.append(
                    (observed.observerMicroseconds - bare.observerMicroseconds) / bare.cpuMicroseconds)
                print(
                    "round \(round + 1): \(hundredths(observed.cpuMicroseconds)) us of processor per job observed, "
                        + "\(hundredths(bare.cpuMicroseconds)) us not; \(percent(ratios[round])) %, "
                        + "of it \(percent(shares[round])) % in the threads that observe")
                fflush(nil)
            }
            let sorted = ratios.sorted()
            print(
                "median of \(rounds) pairs: \(percent(sorted[rounds / 2])) % more processor time per job with everything "
                    + "on (\(percent(sorted[0])) to \(percent(sorted[rounds - 1])) %); the monitor and the HTTP server, "
                    + "which other work on the machine blurs less: \(percent(shares.sorted()[rounds / 2])) %")
            return ExitCode.success
        } catch {
            print("optimizer-bench: \(error)")
            return ExitCode.failure
        }
    }

    private static func measure(_ jobs: Int, _ slots: Int, isOn: Bool) throws -> ThroughputBenchmark.Round {
        try ThroughputBenchmark.nodeRound(jobs, slots: slots, settings: isOn ? on : off, isScraped: isOn)
    }

    private static func hundredths(_ value: Double) -> Double { (value * 100).rounded() / 100 }

    private static func percent(_ part: Double) -> Double { (part * 10_000).rounded() / 100 }
}
