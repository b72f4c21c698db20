package import Messages

/// The built-in strategies. A new one is one file in `BuiltIn` and one line here.
package enum StrategyRegistry {
    static let strategies: [any Strategy] = [
        BollingerBreakout(), BollingerReversion(), Burn(), BuyAndHold(), DonchianBreakout(), EMACrossover(), MACD(),
        MomentumROC(), Noop(), RSIMeanReversion(), SMACrossover(), Signals(), Sleep(),
    ]

    private static let byName = Dictionary(uniqueKeysWithValues: strategies.map { ($0.descriptor.name, $0) })

    /// All of them, by name.
    package static let descriptors = strategies.map(\.descriptor).sorted { $0.name < $1.name }

    package static func isBuiltIn(_ name: String) -> Bool { byName[name] != nil }

    /// Checks a request's strategy and parameters as the host will, and fills the defaults in.
    ///
    /// - Throws: `unknown_strategy` (retryable: another node may be newer) or `invalid_parameters`.
    package static func validate(
        _ name: String, version: Int? = nil, _ given: [JSONMember]
    ) throws(RequestProblem) -> [JSONMember] {
        try resolve(name, version: version, given).parameters.members
    }

    /// Checks a request whose envelope has been read.
    ///
    /// The sweep's own parts are checked by `Sweep` and by the host.
    package static func validate(_ request: StrategyRequest) throws(RequestProblem) -> [JSONMember] {
        try resolve(
            request.strategy, version: request.strategyVersion, request.parameters,
            isSweep: request.isSweep
        ).parameters.members
    }

    /// - Parameter isSweep: rules between parameters are then not checked: what is fixed may only fit what is swept.
    static func resolve(
        _ name: String, version: Int?, _ given: [JSONMember], isSweep: Bool = false
    ) throws(RequestProblem) -> (strategy: any Strategy, parameters: Parameters) {
        let strategy = try find(name, version: version)
        let descriptor = strategy.descriptor
        try descriptor.check(given)
        let parameters = Parameters(descriptor, given: given)
        if !isSweep, let conflict = strategy.conflict(in: parameters) {
            throw RequestProblem(.invalidParameters, "strategy.parameters: \(conflict)")
        }
        return (strategy, parameters)
    }

    private static func find(_ name: String, version: Int?) throws(RequestProblem) -> any Strategy {
        guard let strategy = byName[name] else {
            let names = descriptors.map(\.name)
            throw RequestProblem(
                .unknownStrategy,
                "this node has no strategy \"\(name.cut(toBytes: 100))\"\(nearestNameHint(to: name, in: names)); it has "
                    + names.joined(separator: ", "), isRetryable: true)
        }
        let known = strategy.descriptor.version
        guard let version, version != known else { return strategy }
        throw RequestProblem(
            .unknownStrategy, "this node has version \(known) of \(name), not version \(version)", isRetryable: true)
    }
}
