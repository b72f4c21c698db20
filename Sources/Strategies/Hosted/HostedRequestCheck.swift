package import Messages

/// What a host will find wrong with a request, as far as that can be told without its data set.
package enum HostedRequestCheck {
    /// Reads the sections that a host reads: `data`, `account`, `statistics`, `output`, and a sweep's parts.
    ///
    /// A request for a strategy that is not built in is not looked at, unless it is a sweep: its sections are its
    /// strategy's.
    ///
    /// - Parameter external: the strategies that are not built in and that are known here.
    package static func check(
        _ request: StrategyRequest, external: [StrategyDescriptor] = []
    ) throws(RequestProblem) {
        guard !request.isSweep else {
            let sweep = try Sweep(request, external: external, definition: .null)
            _ = try SweepStep.Place(request.section("step"), setCount: sweep.setCount)
            return
        }
        guard StrategyRegistry.isBuiltIn(request.strategy) else { return }
        let (strategy, _) = try StrategyRegistry.resolve(
            request.strategy, version: request.strategyVersion, request.parameters)
        guard strategy is any TradingStrategy else { return }
        _ = try RunSettings(request)
        _ = try DataSelection(request.section("data"))
    }
}
