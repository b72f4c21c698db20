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

    /// `SIMULATION_ROUNDS=n` makes runs shorter that have more rounds: then not all need happen that happens in a whole one.
    static func rounds(of all: Int) -> Int {
        getenv("SIMULATION_ROUNDS").flatMap { Int(String(cString: $0)) }.map { min($0, all) } ?? all
    }
}

/// The nodes as they ship, whole, against a model of Kafka and of hosts.
@Suite struct NodeSimulationTests {
    /// `SIMULATION_SEED=n` replays one run, `SIMULATION_EVENTS=n` makes it longer or shorter.
    private static func number(_ name: String) -> UInt64? { getenv(name).flatMap { UInt64(String(cString: $0)) } }

    private static let fixed: [UInt64] = Array(1...180)
    static var seeds: [UInt64] {
        number("SIMULATION_SEED").map { [$0] } ?? fixed + (0..<120).map { _ in UInt64.random(in: 0...UInt64.max) }
    }

    private static var eventCount: Int { number("SIMULATION_EVENTS").map { Int($0) } ?? 5000 }

    /// That this thread has had of a processor: others use the machine, too.
    private static var processorSeconds: Double {
        var time = timespec()
        clock_gettime(CLOCK_THREAD_CPUTIME_ID, &time)
        return Double(time.tv_sec) + Double(time.tv_nsec) / 1e9
    }

    @Test func everyRuleHoldsAndEverythingEnds() throws {
        var counts = [Int](repeating: 0, count: Happening.allCases.count)
        var (calls, looks) = (0, 0)
        let began = Self.processorSeconds
        for seed in Self.seeds {
            let world = try NodeWorld(seed: seed)
            world.run(0..<Self.eventCount)
            calls += world.calls
            looks += world.looks
            for what in Happening.allCases { counts[what.rawValue] += world.count(of: what) }
            guard let violation = world.violation else { continue }
            print("violation: SIMULATION_SEED=\(seed): \(violation)")
            let trace = try Shrinker(seed: seed).shrunk(from: world.events)
            Issue.record(
                "SIMULATION_SEED=\(seed): \(violation)\n\(trace.count) events are enough:\n\(trace.joined(separator: "\n"))"
            )
            break
        }
        let seconds = Self.processorSeconds - began
        let happened = Happening.allCases.map { "\($0) \(counts[$0.rawValue])" }
        print(
            "node simulation: \(calls) events, \(Int(Double(calls) / seconds)) a second of one core, the rules looked at "
                + "\(looks) times: \(happened.joined(separator: ", "))")
        for what in Happening.allCases where Self.seeds.count > 1 {
            #expect(counts[what.rawValue] > 0, "nothing of it happened: \(what)")
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
