import Configuration
import Messages
import Strategies
import Worker

/// Looks at a request before it is sent, as a node with this configuration and its hosts will; only the data set, which
/// the nodes have, is not looked for.
struct RequestCheck {
    private let strategies: StrategyList
    private let external: [StrategyDescriptor]

    init(_ configuration: OptimizerConfiguration) {
        external = configuration.strategies.map { $0.descriptor }
        strategies = StrategyList(disabled: configuration.disabledStrategies, external: configuration.strategies)
    }

    enum Finding {
        /// With the members that nodes pass over.
        case good(ignored: [String])
        /// What is wrong and what would be right.
        case wrong(String)
    }

    func look(at line: [UInt8]) -> Finding {
        do throws(UnreadableRequest) {
            let request = try StrategyRequest.parse(line)
            do throws(RequestProblem) {
                _ = try strategies.check(request)
                try HostedRequestCheck.check(request, external: external)
                return .good(ignored: request.unknownFields)
            } catch {
                return .wrong(text(error))
            }
        } catch {
            return .wrong(text(error.problem))
        }
    }

    private func text(_ problem: RequestProblem) -> String {
        // What this configuration does not have, the nodes may.
        problem.isRetryable ? problem.message + ". Where the nodes take it, --no-check sends it" : problem.message
    }
}
