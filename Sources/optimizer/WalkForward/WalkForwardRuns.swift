import Configuration
import Messages
import Strategies
import Worker

/// The best set of each window run out of sample on this machine, and the runs joined.
struct WalkForwardRuns {
    struct Window {
        let number: Int
        let merge: SweepMerge
        /// Its sweep as it was submitted; nil where it cannot be had.
        let definition: JSONValue?
    }

    private let configuration: OptimizerConfiguration
    private let engine: HostedStrategies

    static func run(
        _ id: String, _ windows: [Window], _ configuration: OptimizerConfiguration
    ) -> MergedWalkForward {
        let runs = WalkForwardRuns(
            configuration: configuration,
            engine: HostedStrategies(dataRoot: configuration.data.root, engineVersion: ProductVersion.text))
        var parts: [WalkForwardPart] = []
        var merged: [MergedWalkForward.Window] = []
        for window in windows {
            let value = (try? JSONValue.parse(window.merge.merged())) ?? .null
            do throws(RequestProblem) {
                let part = try runs.part(window)
                parts.append(part)
                let best = value["top"]?.elements?.first?["index"]?.integer
                let run: TradedRun? = if let best { try runs.run(part, set: best) } else { nil }
                merged.append(.init(number: window.number, merged: value, run: run, problem: nil))
            } catch {
                merged.append(.init(number: window.number, merged: value, run: nil, problem: error.message))
            }
        }
        do throws(RequestProblem) {
            if let failed = merged.first(where: { $0.problem != nil }), let problem = failed.problem {
                throw RequestProblem(.invalidRequest, "window \(failed.number): \(problem)")
            }
            guard let first = parts.first, let last = parts.last else {
                throw RequestProblem(.invalidRequest, "no window has a result")
            }
            // Two under one id, the requests of the first long gone when the other came, have nothing in common.
            guard parts.allSatisfy({ $0.digest == first.digest }) else {
                throw RequestProblem(
                    .invalidData,
                    "the windows' sweeps are not of one walk-forward; submit it again under another optimization_id")
            }
            let joined = try runs.engine.join(merged.compactMap(\.run), first.holding(through: last))
            return MergedWalkForward(id: id, windows: merged, joined: joined, problem: nil)
        } catch {
            return MergedWalkForward(id: id, windows: merged, joined: nil, problem: error.message)
        }
    }

    private func part(_ window: Window) throws(RequestProblem) -> WalkForwardPart {
        guard window.merge.isComplete else {
            throw RequestProblem(.invalidRequest, "its sweep is not complete")
        }
        guard let definition = window.definition else {
            throw RequestProblem(.invalidRequest, "its requests are no longer in the requests topic")
        }
        let part = try WalkForwardPart(definition, external: configuration.strategies.map { $0.descriptor })
        guard part.number == window.number else {
            throw RequestProblem(.invalidData, "its requests say that they are of window \(part.number)")
        }
        return part
    }

    private func run(_ part: WalkForwardPart, set index: Int) throws(RequestProblem) -> TradedRun {
        guard (0..<part.sweep.setCount).contains(index) else {
            throw RequestProblem(.invalidData, "the best set is not of its sweep")
        }
        let request = part.request(ofSet: index)
        guard let name = part.sweep.externalStrategy?.name else { return try engine.traded(request) }
        guard let strategy = configuration.strategies.first(where: { $0.name == name }) else {
            throw RequestProblem(.unknownStrategy, "the configuration does not say how \(name) is started")
        }
        let orders: [UInt8]
        do throws(CommandFailure) {
            orders = try OwnStrategyRun.orders(for: request, strategy, configuration)
        } catch {
            throw RequestProblem(.invalidRequest, error.message)
        }
        return try engine.traded(request, orders: orders)
    }
}
