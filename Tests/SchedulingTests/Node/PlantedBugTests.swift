import Testing

@testable import Scheduling

/// The simulation finds what it is there for: each of these bugs, planted in the core, breaks one of its rules.
@Suite(.enabled(if: PlantedBug.canBePlanted, "a release build has no planted bugs")) struct PlantedBugTests {
    @Test(arguments: PlantedBug.allCases) func isFound(bug: PlantedBug) throws {
        var events = 0
        for seed in UInt64(1)...300 {
            let world = try NodeWorld(seed: seed)
            #if DEBUG
                PlantedBug.$planted.withValue(bug) { world.run(0..<5000) }
            #endif
            events += world.events
            guard let violation = world.violation else { continue }
            print("planted bug: \(bug.rawValue), seed \(seed), \(events) events: \(violation)")
            return
        }
        Issue.record("\(bug.rawValue) is not found in \(events) events")
    }
}
