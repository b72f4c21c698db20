import Messages
import Scheduling
import Strategies
import Synchronization

/// The strategies this node runs: the built-in ones, less those that are switched off.
final class StrategyList: Sendable {
    /// In the order metrics are labelled by.
    let names: [String]
    private let indices: [String: Int]
    private let disabled: Mutex<Set<String>>

    init(disabled: some Sequence<String>) {
        names = StrategyRegistry.descriptors.map(\.name)
        // 0 is `unknown`, as in the metrics.
        indices = Dictionary(uniqueKeysWithValues: names.enumerated().map { ($1, $0 + 1) })
        self.disabled = Mutex(Set(disabled))
    }

    /// The index of every name that is not in the list.
    var unknownIndex: Int { 0 }

    func index(of name: String) -> Int { indices[name] ?? unknownIndex }

    /// The switch for a strategy that hurts: requests for these names are refused until the next change.
    func disable(_ names: some Sequence<String>) {
        disabled.withLock { $0 = Set(names) }
    }

    /// Checks that the request's strategy can be run with its parameters.
    ///
    /// - Returns: the strategy's index.
    /// - Throws: `RequestProblem` with what is wrong and what would be right.
    func check(_ request: StrategyRequest) throws(RequestProblem) -> Int {
        _ = try StrategyRegistry.validate(request)
        guard !disabled.withLock({ $0.contains(request.strategy) }) else {
            throw RequestProblem(
                .strategyDisabled,
                "the strategy \"\(request.strategy)\" is switched off on this node (disabledStrategies)",
                isRetryable: true)
        }
        return index(of: request.strategy)
    }
}
