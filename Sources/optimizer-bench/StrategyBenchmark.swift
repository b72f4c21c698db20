import Baseline
import Worker

/// Time of a step against a C loop that does the same.
enum StrategyBenchmark {
    static func run(_ words: [String]) -> Int32 {
        let csv = words.firstIndex(of: "--csv").flatMap { $0 + 1 < words.count ? words[$0 + 1] : nil }
        do {
            let found = try EngineComparison.measure(
                csv: csv ?? "deploy/data/synth_walk.csv", rounds: number(after: "--rounds", in: words, default: 300))
            print(found.summary)
            return ExitCode.success
        } catch {
            print("optimizer-bench: \(error)")
            return ExitCode.failure
        }
    }
}
