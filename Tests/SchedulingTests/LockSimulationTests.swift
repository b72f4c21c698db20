import Testing

@testable import Scheduling

@Suite struct LockSimulationTests {
    @Test(arguments: SimulationTests.seeds)
    func everyDeadlockIsFoundNoneFalselyAndAllStepsEnd(seed: UInt64) throws {
        print("lock simulation: SIMULATION_SEED=\(seed)")
        var found = 0
        var longest = 0
        for round in 0..<12 {
            var simulation = LockSimulation(seed: seed &+ UInt64(round) &* 0x1_0000, steps: 200)
            try simulation.run()
            #expect(simulation.violations.isEmpty, "replay with SIMULATION_SEED=\(seed) (round \(round))")
            guard simulation.violations.isEmpty else { return }
            #expect(simulation.requeued <= simulation.deadlocks)
            found += simulation.deadlocks
            longest = max(longest, simulation.longestCycle)
        }
        #expect(found > 30, "seed \(seed): only \(found) deadlocks")
        #expect(longest > 2, "seed \(seed): no cycle of more than two")
    }
}
