import Configuration
import Messages
import Strategies

/// Looks at a request before it is sent, as a node will.
enum RequestCheck {
    /// - Parameter external: the strategies of the configuration, besides the built-in ones.
    /// - Returns: what is wrong and what would be right; nil where nothing is.
    static func problem(in line: [UInt8], external: [ExternalStrategy] = []) -> String? {
        do throws(UnreadableRequest) {
            let request = try StrategyRequest.parse(line)
            do throws(RequestProblem) {
                if let strategy = external.first(where: { $0.name == request.strategy }) {
                    _ = try strategy.descriptor.resolve(request)
                } else {
                    _ = try StrategyRegistry.validate(request)
                }
                return nil
            } catch {
                return text(error)
            }
        } catch {
            return text(error.problem)
        }
    }

    private static func text(_ problem: RequestProblem) -> String {
        // The registry speaks for a node; here it is this program that looks.
        problem.code == .unknownStrategy
            ? problem.message + ". Where the nodes have it, --no-check sends it" : problem.message
    }
}
