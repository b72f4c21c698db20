import Testing

@testable import Scheduling

@Suite struct InFlightTableSimulationTests {
    @Test(arguments: SimulationTests.seeds)
    func theTableIsWhatTheSimplestModelIs(seed: UInt64) {
        print("in-flight simulation: SIMULATION_SEED=\(seed)")
        let simulation = InFlightTableSimulation(seed: seed)
        simulation.run(events: 20_000)
        #expect(simulation.violations.isEmpty, "replay with SIMULATION_SEED=\(seed)")
        guard simulation.violations.isEmpty else { return }
        #expect(simulation.done > 1000 && simulation.abandoned > 500, "seed \(seed): little has left")
        #expect(simulation.stale > 500, "seed \(seed): few came after they had left")
        #expect(simulation.mostInFlight > 100, "seed \(seed): never many at once")
    }
}
