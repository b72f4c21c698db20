import Glibc
import System
import Worker

/// jobs/s of `noop` through the whole path, and processor time per job, against a plain consume-produce loop.
enum ThroughputBenchmark {
    private struct Round {
        var jobsPerSecond: Double
        var cpuMicroseconds: Double
    }

    static func run(_ words: [String]) -> Int32 {
        let jobs = number(after: "--jobs", in: words, default: 200_000)
        let rounds = number(after: "--rounds", in: words, default: 3)
        let slots = number(after: "--slots", in: words, default: 5)
        do {
            var node: [Round] = []
            var plain: [Round] = []
            for round in 1...rounds {
                plain.append(try plainRound(jobs))
                node.append(try nodeRound(jobs, slots: slots))
                print(
                    "round \(round): node \(whole(node[round - 1].jobsPerSecond)) jobs/s, "
                        + "\(tenths(node[round - 1].cpuMicroseconds)) us of processor per job; "
                        + "plain loop \(whole(plain[round - 1].jobsPerSecond))/s")
                fflush(nil)
            }
            report(node, plain, jobs, slots)
            return ExitCode.success
        } catch {
            print("optimizer-bench: \(error)")
            return ExitCode.failure
        }
    }

    private static func report(_ node: [Round], _ plain: [Round], _ jobs: Int, _ slots: Int) {
        let ratios = zip(node, plain).map { $0.jobsPerSecond / $1.jobsPerSecond }
        print(
            "median of \(node.count): node \(whole(median(node.map(\.jobsPerSecond)))) jobs/s "
                + "(\(slots) slots, \(jobs) noop jobs), \(tenths(median(node.map(\.cpuMicroseconds)))) us of processor "
                + "per job (node and hosts); plain loop \(whole(median(plain.map(\.jobsPerSecond))))/s; "
                + "ratio \(String(hundredths(median(ratios))))")
    }

    // MARK: Rounds

    private static func plainRound(_ jobs: Int) throws -> Round {
        let feeder = try FeederProcess()
        defer { feeder.stop() }
        let loop = PlainLoop(on: feeder.kafka)
        let thread = try PermanentThread(name: "plain") { loop.run() }
        defer {
            loop.stop()
            thread.join()
        }
        return try measure(jobs, feeder) { ThreadTimes.ofThisProcess }
    }

    private static func nodeRound(_ jobs: Int, slots: Int) throws -> Round {
        let feeder = try FeederProcess()
        defer { feeder.stop() }
        let node = try MeasuredNode(on: feeder.kafka, slots: slots, settings: ["metrics.http=null"])
        defer { node.stop() }
        return try measure(jobs, feeder) { try node.times().all }
    }

    /// - Parameter used: processor time so far, in nanoseconds.
    private static func measure(
        _ jobs: Int, _ feeder: FeederProcess, used: () throws -> Double
    ) throws -> Round {
        // The first jobs wait for the group to form and for buffers to be made.
        _ = try feeder.feed(2000)
        let before = try used()
        let seconds = try feeder.feed(jobs)
        let nanoseconds = try used() - before
        return Round(jobsPerSecond: Double(jobs) / seconds, cpuMicroseconds: nanoseconds / Double(jobs) / 1000)
    }

    // MARK: Figures

    private static func median(_ values: [Double]) -> Double { values.sorted()[values.count / 2] }
    private static func whole(_ value: Double) -> Int { Int(value.rounded()) }
    private static func tenths(_ value: Double) -> Double { (value * 10).rounded() / 10 }
    private static func hundredths(_ value: Double) -> Double { (value * 100).rounded() / 100 }
}
