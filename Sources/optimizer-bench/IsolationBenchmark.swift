import Hosting
import Scheduling
import Worker

/// What isolation costs, and how well and how fast it acts.
enum IsolationBenchmark {
    static func run(_ words: [String]) -> Int32 {
        guard let launcher = ExecutablePath.beside("optimizer-host") else {
            print("optimizer-bench: cannot find out where this program lies")
            return ExitCode.failure
        }
        let seconds = number(after: "--seconds", in: words, default: 5)
        let rounds = number(after: "--rounds", in: words, default: 20)
        let ceilings = ResourceLimits(cpuPercent: 80, memoryMB: 128, timeoutMs: 60_000)
        let figures = IsolationFigures(launcher: launcher, ceilings: ceilings)
        do throws(HostFailure) {
            try measure(figures, seconds: seconds, rounds: rounds)
            return ExitCode.success
        } catch {
            print("optimizer-bench: \(error)")
            return ExitCode.failure
        }
    }

    private static func measure(_ figures: IsolationFigures, seconds: Int, rounds: Int) throws(HostFailure) {
        for enforcement in [IsolationSettings.Enforcement.auto, .rlimit] {
            let share = try figures.processorShare(enforcement, seconds: seconds)
            line("processor of a burning host, \(enforcement.rawValue) (by \(share.mechanism))", share.percent, "%")
            let times = try figures.breachToDeath(enforcement, rounds: rounds)
            line("memory breach to death, \(enforcement.rawValue), median", quantile(times, 0.5), "ms")
            line("memory breach to death, \(enforcement.rawValue), 95th percentile", quantile(times, 0.95), "ms")
            for (offence, what) in [(Offence.sleep, "sleep"), (.burn, "burn")] {
                let cost = try figures.monitorCost(enforcement, hosts: 8, offence: offence, seconds: seconds)
                line("watching 8 hosts that \(what), \(enforcement.rawValue)", cost, "% of a core")
            }
        }
        line("accounting of a step", try figures.accounting(steps: 20_000), "µs")
        for sandbox in [IsolationSettings.Sandbox.off, .standard, .strict] {
            let ready = try figures.deathToReady(sandbox, rounds: rounds)
            line("death to ready, \(sandbox.rawValue), median", quantile(ready, 0.5), "ms")
            let steps = try figures.emptySteps(sandbox, steps: 20_000)
            line("empty step, \(sandbox.rawValue), median", quantile(steps, 0.5), "µs")
        }
    }

    private static func quantile(_ sorted: [Double], _ part: Double) -> Double {
        sorted.isEmpty ? .nan : sorted[min(sorted.count - 1, Int(Double(sorted.count) * part))]
    }

    private static func line(_ name: String, _ value: Double, _ unit: String) {
        let text = "\((value * 100).rounded() / 100) \(unit)"
        print(name + String(repeating: " ", count: max(1, 62 - name.count)) + text)
    }
}
