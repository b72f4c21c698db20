import Configuration
import Messages
import Strategies
import Worker

/// Looks at a request before it is sent, as a node with this configuration and its hosts will; only the data set, which
/// the nodes have, is not looked for.
struct RequestCheck {
    private let strategies: StrategyList

    init(_ configuration: OptimizerConfiguration) {
        strategies = StrategyList(disabled: configuration.disabledStrategies, external: configuration.strategies)
    }

    /// - Returns: what is wrong and what would be right; nil where nothing is.
    func problem(in line: [UInt8]) -> String? {
        do throws(UnreadableRequest) {
            let request = try StrategyRequest.parse(line)
            do throws(RequestProblem) {
                _ = try strategies.check(request)
                try HostedRequestCheck.check(request)
                return nil
            } catch {
                return text(error)
            }
        } catch {
            return text(error.problem)
        }
    }

    private func text(_ problem: RequestProblem) -> String {
        // What this configuration does not have, the nodes may.
        problem.isRetryable ? problem.message + ". Where the nodes take it, --no-check sends it" : problem.message
    }
}
