import Testing

@testable import Scheduling

@Suite struct AdmissionSimulationTests {
    @Test(arguments: SimulationTests.seeds)
    func whatRunsFitsNobodyStarvesAndAllStepsEnd(seed: UInt64) throws {
        print("admission simulation: SIMULATION_SEED=\(seed)")
        var (throttled, waiting, passed, nobodyWaited) = (0, 0, 0, 0)
        let rounds = SimulationTests.rounds(of: 10)
        for round in 0..<rounds {
            var simulation = AdmissionSimulation(seed: seed &+ UInt64(round) &* 0x1_0000, steps: 1000)
            try simulation.run()
            #expect(simulation.violations.isEmpty, "replay with SIMULATION_SEED=\(seed) (round \(round))")
            guard simulation.violations.isEmpty else { return }
            // Passed while others ran: no more than the bound, and those that began in the moment it was reached.
            #expect(simulation.mostPassed <= Admission.maximumPasses + 12)
            throttled += simulation.throttled
            waiting = max(waiting, simulation.mostWaiting)
            passed = max(passed, simulation.mostPassed)
            nobodyWaited += simulation.nobodyWaited
        }
        guard rounds == 10 else { return }
        #expect(nobodyWaited > 0, "seed \(seed): somebody waited always")
        #expect(throttled > 0, "seed \(seed): nobody was throttled")
        #expect(passed > 10, "seed \(seed): nobody was passed more than \(passed) times")
        // Half of the queue, and one of each partition that was looked at.
        #expect((20...60).contains(waiting), "seed \(seed): \(waiting) steps waited")
    }
}
