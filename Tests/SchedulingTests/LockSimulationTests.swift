import Testing

@testable import Scheduling

@Suite struct LockSimulationTests {
    @Test(arguments: SimulationTests.seeds)
    func everyDeadlockIsFoundNoneFalselyAndAllStepsEnd(seed: UInt64) throws {
        print("lock simulation: SIMULATION_SEED=\(seed)")
        var found = 0
        var longest = 0
        let rounds = SimulationTests.rounds(of: 12)
        for round in 0..<rounds {
            var simulation = LockSimulation(seed: seed &+ UInt64(round) &* 0x1_0000, steps: 200)
            try simulation.run()
            #expect(simulation.violations.isEmpty, "replay with SIMULATION_SEED=\(seed) (round \(round))")
            guard simulation.violations.isEmpty else { return }
            #expect(simulation.ranAgain <= simulation.deadlocks)
            found += simulation.deadlocks
            longest = max(longest, simulation.longestCycle)
        }
        guard rounds == 12 else { return }
        #expect(found > 30, "seed \(seed): only \(found) deadlocks")
        #expect(longest > 2, "seed \(seed): no cycle of more than two")
    }

    /// Many steps that want one lock each, and some that want all of them at once.
    @Test(arguments: SimulationTests.seeds)
    func noStepIsPassedWithoutEndByThoseThatTakeItsLocks(seed: UInt64) throws {
        print("lock simulation: SIMULATION_SEED=\(seed)")
        // How often depends on the locks that there happen to be: more rounds where three have not been enough.
        var (mostPassed, often) = (0, Admission.maximumPasses / 2)
        let rounds = SimulationTests.rounds(of: 20)
        for round in 0..<rounds where round < 3 || mostPassed <= often {
            var simulation = LockSimulation(
                seed: seed &+ UInt64(round) &* 0x1_0000, steps: 1000, declaringPercent: 95, demandPercent: 5)
            try simulation.run()
            #expect(simulation.violations.isEmpty, "replay with SIMULATION_SEED=\(seed) (round \(round))")
            guard simulation.violations.isEmpty else { return }
            mostPassed = max(mostPassed, simulation.mostPassed)
        }
        guard rounds == 20 else { return }
        #expect(mostPassed > often, "seed \(seed): nobody was passed often")
    }
}
