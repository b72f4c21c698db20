package import Configuration
package import Messages
package import Scheduling
import Strategies
import Synchronization

/// The strategies this node runs: the built-in and the external ones, less those that are switched off.
package final class StrategyList: Sendable {
    /// In the order metrics are labelled by.
    let names: [String]
    let descriptors: [StrategyDescriptor]
    private let indices: [String: Int]
    private let external: [String: ExternalStrategy]
    private let disabled: Mutex<Set<String>>
    /// How often steps are run because of how they end, by the index of their strategy.
    let retries: [Int: RetryRules]

    package init(
        disabled: some Sequence<String>, external: [ExternalStrategy] = [], retries: RetryRules = RetryRules()
    ) {
        let builtIn = StrategyRegistry.descriptors.map(\.name)
        // A node does not start with such a name twice; whoever only checks requests may still be asked.
        let external = external.filter { !builtIn.contains($0.name) }
        names = builtIn + external.map(\.name)
        descriptors = StrategyRegistry.descriptors + external.map(\.descriptor)
        self.external = Dictionary(uniqueKeysWithValues: external.map { ($0.name, $0) })
        // 0 is `unknown`, as in the metrics.
        indices = Dictionary(uniqueKeysWithValues: names.enumerated().map { ($1, $0 + 1) })
        self.disabled = Mutex(Set(disabled))
        let own = self.external
        // What a built-in strategy cannot do it cannot do the next time either.
        var builtInRetries = retries
        builtInRetries.failed = 1
        self.retries = Dictionary(
            uniqueKeysWithValues: names.enumerated().map { [builtInRetries] index, name in
                (index + 1, own[name].map { retries.changed(by: $0.retry) } ?? builtInRetries)
            })
    }

    /// Those of which a step that says it has failed may be tried again.
    var triedAgain: Set<Int> { Set(retries.filter { $0.value.failed > 1 }.keys) }

    /// The index of every name that is not in the list.
    var unknownIndex: Int { 0 }

    func index(of name: String) -> Int { indices[name] ?? unknownIndex }

    /// The switch for a strategy that hurts: requests for these names are refused until the next change.
    func disable(_ names: some Sequence<String>) {
        disabled.withLock { $0 = Set(names) }
    }

    /// Names of this node's strategies that are switched off, in the order of `names`.
    var disabledNames: [String] {
        let disabled = disabled.withLock { $0 }
        return names.filter(disabled.contains)
    }

    /// Checks that the request's strategy can be run with its parameters.
    ///
    /// - Returns: the strategy's index.
    /// - Throws: `RequestProblem` with what is wrong and what would be right.
    package func check(_ request: StrategyRequest) throws(RequestProblem) -> Int {
        guard let index = indices[request.strategy] else { throw unknown(request.strategy) }
        if let strategy = external[request.strategy] {
            try check(request, of: strategy)
        } else {
            _ = try StrategyRegistry.validate(request)
        }
        guard !disabled.withLock({ $0.contains(request.strategy) }) else {
            throw Self.disabledProblem(request.strategy)
        }
        return index
    }

    static func disabledProblem(_ name: String) -> RequestProblem {
        RequestProblem(
            .strategyDisabled, "the strategy \"\(name)\" is switched off on this node (disabledStrategies)",
            isRetryable: true)
    }

    private func check(_ request: StrategyRequest, of strategy: ExternalStrategy) throws(RequestProblem) {
        guard !request.isSweep else {
            // All of it, before it waits for a host of the strategy: no other would say that it can never run.
            return try HostedRequestCheck.check(request, external: [strategy.descriptor])
        }
        _ = try strategy.descriptor.resolve(request)
    }

    private func unknown(_ name: String) -> RequestProblem {
        RequestProblem(
            .unknownStrategy,
            "this node has no strategy \"\(name.cut(toBytes: 100))\"\(nearestNameHint(to: name, in: names)); it has "
                + names.joined(separator: ", "), isRetryable: true)
    }

    /// What a step of this strategy may use, of what the node allows.
    func ceilings(of request: StrategyRequest, _ node: ResourceLimits) -> ResourceLimits {
        guard let limits = external[request.strategy]?.limits else { return node }
        return ResourceLimits(
            cpuPercent: min(limits.cpuPercent ?? node.cpuPercent, node.cpuPercent),
            memoryMB: min(limits.memoryMB ?? node.memoryMB, node.memoryMB),
            timeoutMs: min(limits.timeoutMs ?? node.timeoutMs, node.timeoutMs))
    }
}

extension RetryRules {
    /// With what a strategy says of itself.
    fileprivate func changed(by own: ExternalStrategy.Retry) -> RetryRules {
        RetryRules(
            failed: own.failed ?? failed, crashed: own.crashed ?? crashed, timedOut: own.timedOut ?? timedOut,
            resourceExceeded: own.resourceExceeded ?? resourceExceeded, firstDelayMs: firstDelayMs,
            maximumDelayMs: maximumDelayMs)
    }

    package init(_ retry: OptimizerConfiguration.Retry) {
        self.init(
            failed: retry.failed, crashed: retry.crashed, timedOut: retry.timedOut,
            resourceExceeded: retry.resourceExceeded, firstDelayMs: retry.firstDelayMs,
            maximumDelayMs: retry.maxDelayMs)
    }
}
