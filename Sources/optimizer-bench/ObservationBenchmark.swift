import Glibc
import Worker

/// What it costs to be observed: processor time per noop job with everything on, against the same with everything off.
///
/// Two nodes with a broker each stand ready; the one and the other work in turn, in short pieces, so that what changes on
/// the machine meets both. What a node is beside its settings (where its memory lies, which thread runs where) differs
/// from start to start, so there are several such pairs of nodes, and what varies between them is the error of the mean.
enum ObservationBenchmark {
    /// What is on: `/metrics` and `/status` asked for every second, as a Prometheus and a browser do, metrics events
    /// and the clients' statistics at their defaults, and the lag that is asked for with the events.
    private static let on = ["metrics.http=127.0.0.1:0"]
    private static let off = [
        "metrics.http=null", "metrics.intervalMs=3600000", "kafka.client.statistics.interval.ms=0",
    ]

    /// One of the two nodes.
    private final class Side {
        private let feeder: FeederProcess
        private let node: MeasuredNode
        private(set) var nanoseconds = 0.0
        private(set) var observerNanoseconds = 0.0

        init(isOn: Bool, slots: Int) throws {
            feeder = try FeederProcess()
            node = try MeasuredNode(
                on: feeder.kafka, slots: slots, settings: isOn ? on : off, isScraped: isOn)
            _ = try feeder.feed(20_000)
        }

        func work(_ jobs: Int) throws {
            let before = try node.times()
            _ = try feeder.feed(jobs)
            let after = try node.times()
            nanoseconds += after.all - before.all
            observerNanoseconds += after.observers - before.observers
        }

        func stop() {
            node.stop()
            feeder.stop()
        }
    }

    static func run(_ words: [String]) -> Int32 {
        let jobs = number(after: "--jobs", in: words, default: 20_000)
        let rounds = number(after: "--rounds", in: words, default: 40)
        let pairs = number(after: "--pairs", in: words, default: 8)
        let slots = number(after: "--slots", in: words, default: 5)
        // Both with everything off: how much two nodes differ though they should not.
        let isControl = words.contains("--control")
        do {
            var ratios: [Double] = []
            var shares: [Double] = []
            for pair in 1...pairs {
                let (ratio, share) = try measure(jobs, rounds: rounds, slots: slots, isControl: isControl)
                ratios.append(ratio)
                shares.append(share)
                print("pair \(pair): \(percent(ratio)) %, of it \(percent(share)) % in the threads that observe")
                fflush(nil)
            }
            let (mean, error) = meanAndError(ratios)
            print(
                "mean of \(pairs) pairs of nodes, \(rounds) times \(jobs) jobs each: \(percent(mean)) % more processor time "
                    + "per job \(isControl ? "though both have everything off" : "with everything on"), standard error "
                    + "\(percent(error)) %; the monitor and the HTTP server: \(percent(meanAndError(shares).mean)) %")
            return ExitCode.success
        } catch {
            print("optimizer-bench: \(error)")
            return ExitCode.failure
        }
    }

    private static func measure(
        _ jobs: Int, rounds: Int, slots: Int, isControl: Bool
    ) throws -> (ratio: Double, share: Double) {
        let bare = try Side(isOn: false, slots: slots)
        defer { bare.stop() }
        let observed = try Side(isOn: !isControl, slots: slots)
        defer { observed.stop() }
        for round in 0..<rounds {
            // Which comes first changes, so that what drifts falls on both.
            for side in round % 2 == 0 ? [observed, bare] : [bare, observed] { try side.work(jobs) }
        }
        return (
            observed.nanoseconds / bare.nanoseconds - 1,
            (observed.observerNanoseconds - bare.observerNanoseconds) / bare.nanoseconds
        )
    }

    private static func meanAndError(_ values: [Double]) -> (mean: Double, error: Double) {
        let mean = values.reduce(0, +) / Double(values.count)
        let squares = values.reduce(0) { $0 + ($1 - mean) * ($1 - mean) }
        let variance = squares / Double(max(1, values.count - 1))
        return (mean, (variance / Double(values.count)).squareRoot())
    }

    private static func percent(_ part: Double) -> Double { (part * 10_000).rounded() / 100 }
}
