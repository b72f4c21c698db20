import Configuration
import Glibc
import Hosting
import Messages
import Scheduling
import Worker

/// jobs/s of `noop` through the whole path, and processor time per job, against a plain consume-produce loop.
enum ThroughputBenchmark {
    struct Round {
        var jobsPerSecond: Double
        var cpuMicroseconds: Double
        /// Of that, what the monitor and the HTTP server had, per job.
        var observerMicroseconds: Double
    }

    struct Failure: Error, CustomStringConvertible {
        let description: String
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
                node.append(try nodeRound(jobs, slots: slots, settings: ["metrics.http=null"]))
                print(
                    "round \(round): node \(whole(node[round - 1].jobsPerSecond)) jobs/s, "
                        + "\(tenths(node[round - 1].cpuMicroseconds)) us of processor per job; "
                        + "plain loop \(whole(plain[round - 1].jobsPerSecond))/s")
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
        try withFeeder { feeder, bootstrap in
            let loop = PlainLoop(bootstrap: bootstrap, group: "plain")
            let thread = try PermanentThread(name: "plain") { loop.run() }
            defer {
                loop.stop()
                thread.join()
            }
            return try measure(jobs, feeder, group: "plain") { 0 }
        }
    }

    /// - Parameters:
    ///   - settings: how the node is observed.
    ///   - isScraped: a process of its own asks the node's HTTP server every second.
    static func nodeRound(_ jobs: Int, slots: Int, settings: [String], isScraped: Bool = false) throws -> Round {
        try withFeeder { feeder, bootstrap in
            let configuration = try OptimizerConfiguration.load(
                file: nil, environment: [:],
                settings: [
                    "kafka.bootstrapServers=\(bootstrap)", "pool.maxConcurrentStrategies=\(slots)",
                    "limits.memoryMB=64", "kafka.consumer.session.timeout.ms=6000",
                    "kafka.consumer.fetch.wait.max.ms=10",
                ] + settings)
            let node = try Node(
                NodeSettings(configuration), clients: KafkaClients(configuration.kafka), log: Log(minimum: .warning))
            let thread = try NodeThread(node)
            defer {
                node.requestStop()
                _ = try? thread.result()
            }
            let scraper = isScraped ? try Scraper(of: node) : nil
            defer { scraper?.stop() }
            return try measure(jobs, feeder, group: configuration.kafka.groupId) {
                node.hostPIDs.reduce(0) { $0 + processorNanoseconds(of: $1) }
            }
        }
    }

    /// - Parameter hosts: processor time of the hosts so far, in nanoseconds.
    private static func measure(
        _ jobs: Int, _ feeder: Host, group: String, hosts: () -> Double
    ) throws -> Round {
        // The first jobs wait for the group to form and for buffers to be made.
        _ = try order(2000, feeder, group)
        let observers: Set<String> = ["monitor", "MHD-single"]
        let observedBefore = ThreadTimes.nanoseconds(of: observers)
        let before = ownProcessorNanoseconds() + hosts()
        let seconds = try order(jobs, feeder, group)
        let used = ownProcessorNanoseconds() + hosts() - before
        let observed = ThreadTimes.nanoseconds(of: observers) - observedBefore
        return Round(
            jobsPerSecond: Double(jobs) / seconds, cpuMicroseconds: used / Double(jobs) / 1000,
            observerMicroseconds: observed / Double(jobs) / 1000)
    }

    private static func order(_ jobs: Int, _ feeder: Host, _ group: String) throws -> Double {
        let text = #"{"jobs":\#(jobs),"group":"\#(group)"}"#
        switch feeder.run(Array(text.utf8), deadline: .now().adding(milliseconds: 180_000)) {
        case .answered(let reply):
            let json = try JSONValue.parse(reply)
            guard let seconds = json["seconds"]?.double else { throw Failure(description: json.text) }
            return seconds
        case .timedOut: throw Failure(description: "not all results came within 180 s")
        case .lost(let loss): throw Failure(description: "the feeder was lost: \(loss)")
        }
    }

    /// Each round has a fresh broker: nothing of the last one is left in its partitions.
    private static func withFeeder(_ body: (Host, String) throws -> Round) throws -> Round {
        guard let own = ExecutablePath.beside("optimizer-bench"), let launcher = ExecutablePath.beside("optimizer-host")
        else { throw Failure(description: "cannot find out where this program lies") }
        let spawner = try HostSpawner(launcher: launcher)
        defer { spawner.stop() }
        let feeder = try spawner.spawn(HostCommand(executable: own, arguments: ["feed"]))
        defer { _ = feeder.kill() }
        let ready = try JSONValue.parse(try feeder.awaitReady(until: .now().adding(milliseconds: 10_000)))
        guard let bootstrap = ready["bootstrap"]?.string else { throw Failure(description: "the feeder has no broker") }
        return try body(feeder, bootstrap)
    }

    // MARK: Figures

    private static func ownProcessorNanoseconds() -> Double {
        var time = timespec()
        unsafe clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &time)
        return Double(time.tv_sec) * 1e9 + Double(time.tv_nsec)
    }

    /// A host has one thread.
    private static func processorNanoseconds(of pid: Int32) -> Double {
        ThreadTimes.scheduled("/proc/\(pid)/schedstat")
    }

    private static func median(_ values: [Double]) -> Double { values.sorted()[values.count / 2] }
    private static func whole(_ value: Double) -> Int { Int(value.rounded()) }
    private static func tenths(_ value: Double) -> Double { (value * 10).rounded() / 10 }
    private static func hundredths(_ value: Double) -> Double { (value * 100).rounded() / 100 }
}
