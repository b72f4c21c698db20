import Glibc
import Testing

@testable import Scheduling

/// What the other simulations draw on.
enum SimulationTests {
    /// `SIMULATION_SEED=n` replays one run.
    static var seeds: [UInt64] {
        if let text = getenv("SIMULATION_SEED"), let seed = UInt64(String(cString: text)) { return [seed] }
        return [1, 2, 3, UInt64.random(in: 0...UInt64.max)]
    }
}

/// The nodes as they ship, whole, against a model of Kafka and of hosts.
@Suite struct NodeSimulationTests {
    /// `SIMULATION_SEED=n` replays one run, `SIMULATION_EVENTS=n` makes it longer or shorter.
    private static func number(_ name: String) -> UInt64? { getenv(name).flatMap { UInt64(String(cString: $0)) } }

    private static let fixed: [UInt64] = Array(1...60)
    static var seeds: [UInt64] {
        number("SIMULATION_SEED").map { [$0] } ?? fixed + (0..<20).map { _ in UInt64.random(in: 0...UInt64.max) }
    }

    private static var eventCount: Int { number("SIMULATION_EVENTS").map { Int($0) } ?? 5000 }

    @Test func everyRuleHoldsAndEverythingEnds() throws {
        var counts: [String: Int] = [:]
        var calls = 0
        for seed in Self.seeds {
            let world = try NodeWorld(seed: seed)
            world.run(0..<Self.eventCount)
            calls += world.calls
            counts.merge(world.counts) { $0 + $1 }
            guard let violation = world.violation else { continue }
            print("violation: SIMULATION_SEED=\(seed): \(violation)")
            let trace = try Shrinker(seed: seed).shrunk(from: world.events)
            Issue.record(
                "SIMULATION_SEED=\(seed): \(violation)\n\(trace.count) events are enough:\n\(trace.joined(separator: "\n"))"
            )
            break
        }
        print(
            "node simulation: \(calls) calls, \(counts.sorted { $0.key < $1.key }.map { "\($0.key) \($0.value)" }.joined(separator: ", "))"
        )
        for what in [
            "pauses", "commits", "commits refused", "crashes", "kicks", "ends", "logs found changed", "run again",
            "written ahead",
        ] {
            #expect(counts[what] ?? 0 > 0, "nothing of it happened: \(what)")
        }
    }
}

/// Looks for a shorter run that breaks a rule, too.
struct Shrinker {
    let seed: UInt64

    /// Whether these events break a rule.
    private func fails(_ events: [Int]) throws -> Bool {
        let world = try NodeWorld(seed: seed)
        world.run(events)
        return world.violation != nil
    }

    /// Leaves out pieces, smaller and smaller ones, as long as a rule is still broken (Zeller and Hildebrandt:
    /// "Simplifying and isolating failure-inducing input", 2002), and writes down what happens in what is left.
    func shrunk(from last: Int, tries: Int = 60) throws -> [String] {
        var events = Array(0...last)
        var (left, size) = (tries, max(1, events.count / 2))
        while size >= 1, left > 0 {
            var start = 0
            while start < events.count, left > 0 {
                let without = Array(events[..<start] + events[min(start + size, events.count)...])
                left -= 1
                if try fails(without) { events = without } else { start += size }
            }
            size /= 2
        }
        let world = try NodeWorld(seed: seed)
        world.trace = []
        world.run(events)
        return (world.trace ?? []) + [world.violation ?? ""]
    }
}
