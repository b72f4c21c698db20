import Messages
import Strategies
import Worker

/// A sweep as it was written: one JSON document.
enum SweepDocument {
    /// A grid of at most so many sets has a heat map unless its sweep says otherwise: its page would be poor without.
    private static let mapped = 250_000

    /// - Parameters:
    ///   - name: what a person calls the place it comes from.
    ///   - external: the strategies that are not built in and that this machine knows.
    ///   - tell: says on one line what the sweep goes without.
    /// - Throws: what is wrong with it, code 65.
    static func parse(
        _ bytes: [UInt8], from name: String, external: [StrategyDescriptor] = [], tell: (String) -> Void = { _ in }
    ) throws(CommandFailure) -> Sweep {
        do throws(RequestProblem) {
            let sweep = try Sweep.parse(bytes, external: external)
            guard sweep.setCount <= mapped, let mapped = withHeatmap(bytes) else { return sweep }
            // Steps that were asked for may be too large with one.
            do throws(RequestProblem) {
                return try Sweep.parse(mapped, external: external)
            } catch {
                tell("\(name): there will be no heat map: with one, \(error.message)")
                return sweep
            }
        } catch {
            throw CommandFailure(
                "\(name): \(error.message) (optimizer submit --example sweep prints one that is right)",
                code: ExitCode.dataError)
        }
    }

    /// One with `walk_forward`. Its windows' sweeps have heat maps only where it asks for them: they would be many.
    static func parse(
        walkForward document: JSONValue, from name: String, external: [StrategyDescriptor]
    ) throws(CommandFailure) -> WalkForward {
        do throws(RequestProblem) {
            return try WalkForward.parse(document, external: external)
        } catch {
            throw CommandFailure(
                "\(name): \(error.message) (optimizer submit --example walk-forward prints one that is right)",
                code: ExitCode.dataError)
        }
    }

    private static func withHeatmap(_ bytes: [UInt8]) -> [UInt8]? {
        guard let members = (try? JSONValue.parse(bytes))?.members else { return nil }
        let output = members.first { $0.name == "output" }?.value.members ?? []
        guard !output.contains(where: { $0.name == "heatmap" }) else { return nil }
        let rest = members.filter { $0.name != "output" }
        let mapped = JSONMember("output", .object(output + [JSONMember("heatmap", .bool(true))]))
        return Array(JSONValue.object(rest + [mapped]).text.utf8)
    }
}
