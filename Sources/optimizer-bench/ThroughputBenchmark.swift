import Baseline
import Glibc
import Messages
import System
import Worker

/// What a contender did in a round.
struct ThroughputRound {
    var jobsPerSecond: Double
    var microsecondsPerJob: Double

    init(jobs: Double, seconds: Double, nanoseconds: Double) {
        jobsPerSecond = jobs / seconds
        microsecondsPerJob = nanoseconds / jobs / 1000
    }
}

/// jobs/s of `noop` through a whole node, and processor time per job, against two loops in C: one with the same isolation
/// and a plain one.
struct ThroughputBenchmark {
    let jobs: Int
    let rounds: Int
    let slots: Int
    /// What the second node keeps; nil: there is none.
    let ordering: String?
    /// A node delivers exactly once, beside the one that does not.
    let isTransactional: Bool
    let output: BenchmarkOutput

    static func run(_ words: [String]) -> Int32 {
        let benchmark = ThroughputBenchmark(
            jobs: number(after: "--jobs", in: words, default: 200_000),
            rounds: number(after: "--rounds", in: words, default: 3),
            slots: number(after: "--slots", in: words, default: 5), ordering: ordering(words),
            isTransactional: words.contains("--exactly-once"), output: BenchmarkOutput(words))
        return benchmark.output.run(
            guarding: ["node_per_isolated", "node_per_isolated_by_processor"], benchmark.measure)
    }

    private static func ordering(_ words: [String]) -> String? {
        guard let index = words.firstIndex(of: "--ordering"), index + 1 < words.count else { return nil }
        return words[index + 1]
    }

    private func measure() throws -> BenchmarkFigures {
        guard let cluster = BenchKafka.real else {
            guard ordering == nil, !isTransactional else {
                throw BenchProcess.Failure(
                    description: "--ordering and --exactly-once are measured on a cluster: KAFKA_BOOTSTRAP_SERVERS "
                        + "names one")
            }
            return try measure(fedRound)
        }
        let topic = try FilledTopic(bootstrap: cluster, jobs: jobs, hasKeys: ordering != nil)
        defer { topic.close() }
        return try measure { try topic.measure($0, slots: slots, ordering: ordering) }
    }

    private var kinds: [ContenderKind] {
        ContenderKind.allCases.filter { kind in
            switch kind {
            case .ordered: ordering != nil
            case .transactional: isTransactional
            case .node, .isolated, .plain: true
            }
        }
    }

    private func measure(_ round: (ContenderKind) throws -> ThroughputRound) throws -> BenchmarkFigures {
        var found: [ContenderKind: [ThroughputRound]] = [:]
        let kinds = kinds
        for number in 0..<rounds {
            // Who comes first changes, so that what drifts falls on all.
            for index in kinds.indices {
                let kind = kinds[(index + number) % kinds.count]
                found[kind, default: []].append(try round(kind))
            }
            let words = kinds.compactMap { kind in found[kind]?.last.map { "\(kind.rawValue) \(Self.words($0))" } }
            output.say("round \(number + 1): \(words.joined(separator: "; "))")
        }
        return figures(found)
    }

    private func figures(_ found: [ContenderKind: [ThroughputRound]]) -> BenchmarkFigures {
        var figures = BenchmarkFigures(broker: BenchKafka.kind)
        func median(_ kind: ContenderKind, _ value: (ThroughputRound) -> Double) -> Double {
            Quantile.median((found[kind] ?? []).map(value)) ?? .nan
        }
        for kind in kinds {
            figures.add("\(kind.rawValue)_jobs_per_second", median(kind) { $0.jobsPerSecond })
            figures.add("\(kind.rawValue)_microseconds_per_job", median(kind) { $0.microsecondsPerJob })
        }
        let node = median(.node) { $0.jobsPerSecond }
        figures.add("node_per_isolated", node / median(.isolated) { $0.jobsPerSecond })
        // Where a submitter or a broker bounds the faster of the two, only this still says what the other costs.
        figures.add(
            "node_per_isolated_by_processor",
            median(.isolated) { $0.microsecondsPerJob } / median(.node) { $0.microsecondsPerJob })
        figures.add("node_per_plain", node / median(.plain) { $0.jobsPerSecond })
        if ordering != nil { figures.add("ordered_per_node", median(.ordered) { $0.jobsPerSecond } / node) }
        if isTransactional {
            figures.add("transactional_per_node", median(.transactional) { $0.jobsPerSecond } / node)
        }
        output.say("medians of \(rounds) rounds of \(jobs) noop jobs, \(slots) slots, on \(figures.broker):")
        output.list(figures)
        return figures
    }

    private static func words(_ round: ThroughputRound) -> String {
        "\(Int(round.jobsPerSecond.rounded())) jobs/s, \((round.microsecondsPerJob * 10).rounded() / 10) us a job"
    }

    /// In a closed loop, since the embedded broker does not keep what nobody has consumed yet.
    private func fedRound(_ kind: ContenderKind) throws -> ThroughputRound {
        let feeder = try FeederProcess()
        defer { feeder.stop() }
        let contender = try kind.start(on: feeder.kafka, slots: slots)
        defer { contender.stop() }
        // The first jobs wait for the group to form and for buffers to be made.
        _ = try feeder.feed(2000)
        let before = try contender.used()
        let seconds = try feeder.feed(jobs)
        return ThroughputRound(
            jobs: Double(jobs), seconds: seconds, nanoseconds: try contender.used() - before)
    }
}
