package import Messages

/// A run with all that came of it, for whoever joins it with others.
package struct TradedRun: Sendable {
    /// The bars that were traded, in the data set.
    let bars: Range<Int>
    /// How many bars before them were seen.
    let warmUpBars: Int
    let start: String
    let end: String
    let cash: Double
    /// At each bar's close.
    package let equity: [Double]
    /// Their bars count from the first of the run's.
    let trades: [Trade]
    /// What is held at the end, as a trade that ends there.
    let openTrade: Trade?
    let isRuined: Bool
    let statistics: Statistics
    let dropped: DroppedOrders?
}

extension HostedStrategies {
    /// Runs a request of a single run.
    ///
    /// - Parameter orders: what a host of the strategy has answered, where it is not built in.
    /// - Throws: what a reply would say.
    package func traded(_ request: [UInt8], orders: [UInt8]? = nil) throws(RequestProblem) -> TradedRun {
        let parsed = try Self.parsed(request)
        let settings = try RunSettings(parsed)
        let decided: HostedOrders? = if let orders { try HostedOrders(JSONReader(orders)) } else { nil }
        let (data, used, range) = try open(DataSelection(parsed.section("data"), version: decided?.dataVersion))
        return try withIndicators(of: data, range, after: used.warmUpBars) { indicators throws(RequestProblem) in
            let backtest =
                if let decided {
                    try Backtest(of: decided, on: indicators, account: settings.account, workspace: workspace)
                } else {
                    try self.backtest(parsed, indicators, settings.account)
                }
            return unsafe TradedRun(
                bars: range, warmUpBars: indicators.warmUpBars, start: BarTime.text(indicators.traded.time[0]),
                end: BarTime.text(indicators.traded.time[range.count - 1]), cash: settings.account.cash,
                equity: Array(workspace.equity), trades: Array(workspace.trades),
                openTrade: backtest.simulation.openTrade, isRuined: backtest.simulation.ruinedAt != nil,
                statistics: backtest.statistics(data.calendar, settings.statistics),
                dropped: backtest.simulation.dropped)
        }
    }

    private func backtest(
        _ request: StrategyRequest, _ indicators: IndicatorSet, _ account: Account
    ) throws(RequestProblem) -> Backtest {
        let (strategy, parameters) = try StrategyRegistry.resolve(
            request.strategy, version: request.strategyVersion, request.parameters)
        guard case .trading(let strategy) = strategy.kind else {
            throw RequestProblem(.invalidRequest, "\(request.strategy) does not trade")
        }
        return try Backtest(of: strategy, parameters, on: indicators, account: account, workspace: workspace)
    }

    static func parsed(_ request: [UInt8]) throws(RequestProblem) -> StrategyRequest {
        do throws(UnreadableRequest) {
            return try StrategyRequest.parse(request)
        } catch {
            throw error.problem
        }
    }
}
