import Hosting
import IsolationProof
import Scheduling
import System
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
        do throws(HostFailure) {
            let offender = try OffenderProgram.find()
            let figures = IsolationFigures(launcher: launcher, offender: offender, ceilings: ceilings)
            try measure(figures, words, seconds: seconds, rounds: rounds)
            if !words.contains("--alone") { try disturb(launcher, offender, ceilings, words, seconds: seconds) }
            return ExitCode.success
        } catch {
            print("optimizer-bench: \(error)")
            return ExitCode.failure
        }
    }

    private static let enforcements: [IsolationSettings.Enforcement] = [.auto, .rlimit]

    private static func disturb(
        _ launcher: String, _ offender: String, _ ceilings: ResourceLimits, _ words: [String], seconds: Int
    ) throws(HostFailure) {
        let slots = number(after: "--slots", in: words, default: 5)
        for enforcement in enforcements {
            let pool = try DisturbanceFigures(
                launcher: launcher, offender: offender, enforcement: enforcement, ceilings: ceilings, slots: slots)
            defer { pool.stop() }
            // Without cgroups both are the same.
            if enforcement == .auto, !pool.isByCgroup { continue }
            try disturb(pool, enforcement, seconds: seconds)
        }
    }

    private static func disturb(
        _ pool: DisturbanceFigures, _ enforcement: IsolationSettings.Enforcement, seconds: Int
    ) throws(HostFailure) {
        var worst = 0.0
        for offence in [
            Offence.burn, .hoard, .grab, .spreadMemory, .forkBomb, .daemon, .longFile, .manyFiles, .recursion,
        ] {
            let figure = try pool.measure(offence, seconds: seconds)
            worst = max(worst, figure.ratio)
            let times = "\(rounded(figure.quiet)) to \(rounded(figure.disturbed)) ms"
            line("P95 beside \(offence.rawValue), \(enforcement.rawValue) (\(times))", figure.ratio, "x")
            if figure.lost > 0 { line("steps of others lost beside \(offence.rawValue)", Double(figure.lost), "") }
        }
        line("P95 of others, the worst of these, \(enforcement.rawValue)", worst, "x (aim 1.5)")
    }

    private static func measure(
        _ figures: IsolationFigures, _ words: [String], seconds: Int, rounds: Int
    ) throws(HostFailure) {
        let steps = number(after: "--steps", in: words, default: 20_000)
        for enforcement in enforcements {
            let share = try figures.processorShare(enforcement, seconds: seconds)
            line("processor of a burning host, \(enforcement.rawValue) (by \(share.mechanism))", share.percent, "%")
            let times = try figures.breachToDeath(enforcement, rounds: rounds)
            line("memory breach to death, \(enforcement.rawValue), median", quantile(times, 0.5), "ms")
            line("memory breach to death, \(enforcement.rawValue), 95th percentile", quantile(times, 0.95), "ms")
            if enforcement == .auto, share.mechanism != "cgroup" {
                print("watching hosts under cgroups cannot be measured here: \(share.mechanism) limits them")
            }
            for (offence, what) in [(Offence.sleep, "sleep"), (.burn, "burn")] {
                let cost = try figures.monitorCost(enforcement, hosts: 8, offence: offence, seconds: seconds)
                line("watching 8 hosts that \(what), \(enforcement.rawValue)", cost, "% of a core")
            }
        }
        line("accounting of a step", try figures.accounting(steps: steps), "µs")
        for sandbox in [IsolationSettings.Sandbox.off, .standard, .strict] {
            let ready = try figures.deathToReady(sandbox, rounds: rounds)
            line("death to ready, \(sandbox.rawValue), median", quantile(ready, 0.5), "ms")
            let steps = try figures.emptySteps(sandbox, steps: steps)
            line("empty step, \(sandbox.rawValue), median", quantile(steps, 0.5), "µs")
        }
    }

    private static func quantile(_ sorted: [Double], _ part: Double) -> Double {
        sorted.isEmpty ? .nan : sorted[min(sorted.count - 1, Int(Double(sorted.count) * part))]
    }

    private static func line(_ name: String, _ value: Double, _ unit: String) {
        let text = "\(rounded(value)) \(unit)"
        print(name + String(repeating: " ", count: max(1, 62 - name.count)) + text)
    }

    private static func rounded(_ value: Double) -> Double { (value * 100).rounded() / 100 }
}
