import Glibc
import System
import Worker

/// Measurements of the worker as a whole, as ratios against something simpler in the same run.
@main
struct Main {
    private static let help = """
        optimizer-bench [throughput] [--jobs N] [--rounds N] [--slots N] [--ordering key|partition]
                        [--exactly-once] [--json] [--compare FILE]
            jobs/s of noop through a whole node, and the processor time per job, against two loops in C on the same
            broker: an isolated one, with a process for each slot, and a plain one that only consumes and produces;
            medians of all rounds are printed. KAFKA_BOOTSTRAP_SERVERS names a cluster to run on, with topics of its
            own (the requests are there before anybody works on them), in place of the embedded broker (which cannot
            keep them: a closed loop); so too for observing. --ordering has the requests get ten thousand keys, and a
            second node keep their order; --exactly-once has another deliver exactly once (the markers of its
            transactions, less than one in a hundred, count as results); on a cluster only. --json prints the figures as one JSON object; --compare
            says what has changed since such an object was printed, and fails where the node's ratio to the isolated
            loop, by jobs or by processor time, is below 0.7 of what it was, and again when measured once more
        optimizer-bench latency [--rates N,N,…] [--seconds N] [--slots N] [--json] [--compare FILE]
            P50 to P99.9 from the time a request should be sent at to its result being seen, at so many requests a
            second (1000,3000,5000), each sent by itself; beside what a consumer of the requests sees with no worker, and
            the isolated loop, whose results wait 0 or 5 ms for others. For a cluster: the embedded broker keeps every
            record waiting for up to 10 ms
        optimizer-bench plan [--step-ms N] [--slots N] [--seconds N] [--json] [--compare FILE]
            what optimizer plan expects of a node beside what one does: requests that come by themselves, steps that sleep
            for N ms (20), always the same or exponentially distributed, with 50, 70 and 85 % of the slots busy
        optimizer-bench external [--jobs N] [--rounds N] [--slots N] [--json] [--compare FILE] [--config FILE]
                [--strategy NAME]
            steps/s of an external strategy through a whole node, in a closed loop, against noop on the same node; of
            deploy/examples/python/optimizer.yml and its strategy "empty" unless others are named, which get requests
            without data and parameters
        optimizer-bench observing [--jobs N] [--rounds N] [--pairs N] [--slots N] [--control]
            what it costs to be observed: processor time per noop job with /metrics and /status asked for every second,
            metrics events and client statistics, against the same without; two nodes take turns of --jobs jobs,
            --rounds times, and that for several pairs of nodes; --control compares two that are not observed
        optimizer-bench strategies [--csv FILE] [--rounds N]
            sma_crossover with all statistics, from request to reply, against a C loop over the same bars, and a sweep's
            time per bar and set; the best of all rounds is printed
        optimizer-bench isolation [--seconds N] [--rounds N] [--steps N] [--slots N] [--alone]
            share of a burning host, time from breach to death and from death to ready, cost of watching and of the
            sandbox, how much slower other slots' steps are while one slot runs offenders (not with --alone);
            on a machine that does nothing else
        """

    static func main() {
        StandardDescriptors.open()
        signal(SIGPIPE, SIG_IGN)
        let words = Array(CommandLine.arguments.dropFirst())
        switch words.first {
        case "feed": exit(Feeder.serve(words))
        case "loop": exit(MeasuredLoop.serve(words))
        case "node": exit(MeasuredNode.serve(words))
        case "scrape": exit(Scraper.serve(words))
        case "external": exit(ExternalBenchmark.run(words))
        case "plan": exit(PlanBenchmark.run(words))
        case "latency": exit(LatencyBenchmark.run(words))
        case "observing": exit(ObservationBenchmark.run(words))
        case "--help", "-h": print(help)
        case "isolation": exit(IsolationBenchmark.run(words))
        case "strategies": exit(StrategyBenchmark.run(words))
        case nil, "throughput", "--jobs", "--rounds", "--slots", "--json", "--compare":
            exit(ThroughputBenchmark.run(words))
        default:
            print(help)
            exit(ExitCode.usage)
        }
    }
}

/// The value after a word like `--jobs`.
func number(after name: String, in words: [String], default fallback: Int) -> Int {
    guard let value = word(after: name, in: words).flatMap(Int.init), value > 0 else { return fallback }
    return value
}

/// The word after one like `--config`.
func word(after name: String, in words: [String]) -> String? {
    guard let index = words.firstIndex(of: name), index + 1 < words.count else { return nil }
    return words[index + 1]
}
