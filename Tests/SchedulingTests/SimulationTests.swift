import Glibc
import Testing

@testable import Scheduling

@Suite struct SimulationTests {
    /// `SIMULATION_SEED=n` replays one run.
    static var seeds: [UInt64] {
        if let text = getenv("SIMULATION_SEED"), let seed = UInt64(String(cString: text)) { return [seed] }
        return [1, 2, 3, UInt64.random(in: 0...UInt64.max)]
    }

    @Test(arguments: seeds, [true, false])
    func everyRuleHoldsOverAHundredThousandEvents(seed: UInt64, rebalances: Bool) throws {
        print("simulation: SIMULATION_SEED=\(seed)")
        var simulation = Simulation(seed: seed, rebalances: rebalances)
        try simulation.run(events: 100_000)
        #expect(simulation.violations.isEmpty, "replay with SIMULATION_SEED=\(seed)")
        #expect(simulation.pauses > 0, "seed \(seed) never paused")
        #expect(simulation.logChanges > 100 || !rebalances, "seed \(seed) changed no logs")
        #expect(simulation.writtenAhead > 1000 && simulation.takenBack > 20, "seed \(seed) wrote little ahead")
    }
}
