import Messages

/// What a sweep is of: a strategy that trades.
enum SweptStrategy: Sendable {
    case builtIn(any TradingStrategy)
    /// One whose hosts answer positions or signals; what it is stands in a configuration.
    case external(StrategyDescriptor)

    var descriptor: StrategyDescriptor {
        switch self {
        case .builtIn(let strategy): strategy.descriptor
        case .external(let descriptor): descriptor
        }
    }

    /// What is wrong between parameters; of an external strategy only its host knows.
    func conflict(in parameters: Parameters) -> String? {
        switch self {
        case .builtIn(let strategy): strategy.conflict(in: parameters)
        case .external: nil
        }
    }

    /// The strategy of a sweep, and the parameters that are not swept, with the defaults of all.
    ///
    /// - Parameter external: those that this machine knows.
    /// - Throws: `unknown_strategy` (retryable), `invalid_parameters`, or `invalid_request` for one that does not trade.
    static func resolve(
        _ request: StrategyRequest, external: [StrategyDescriptor]
    ) throws(RequestProblem) -> (SweptStrategy, Parameters) {
        if let descriptor = external.first(where: { $0.name == request.strategy }) {
            try descriptor.checkVersion(request)
            try descriptor.checkGiven(request.parameters)
            return (.external(descriptor), Parameters(descriptor, given: request.parameters))
        }
        guard StrategyRegistry.isBuiltIn(request.strategy) else {
            let names =
                StrategyRegistry.strategies.compactMap { ($0 as? any TradingStrategy)?.descriptor.name }
                + external.map(\.name)
            throw RequestProblem(
                .unknownStrategy,
                "\"\(request.strategy.cut(toBytes: 100))\" is neither a built-in strategy nor one of the configuration"
                    + "\(nearestNameHint(to: request.strategy, in: names)); these can be swept: "
                    + names.joined(separator: ", "), isRetryable: true)
        }
        let (found, parameters) = try StrategyRegistry.resolve(
            request.strategy, version: request.strategyVersion, request.parameters, isSweep: true)
        guard case .trading(let strategy) = found.kind else {
            throw RequestProblem(.invalidRequest, "\(request.strategy) does not trade: there is nothing to optimize")
        }
        return (.builtIn(strategy), parameters)
    }
}
