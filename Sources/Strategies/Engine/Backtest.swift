import Messages

/// One run of a trading strategy: the bars, the account, and what came of it.
struct Backtest {
    let indicators: IndicatorSet
    /// The first bar at which every indicator of the strategy is valid.
    let warmUp: Int
    private(set) var simulation: Simulation

    /// What rules look at; the simulation has those of them that are traded.
    var bars: Bars { indicators.bars }

    /// - Throws: `insufficient_data` where the strategy could not decide even once and have it filled.
    init(
        of strategy: any TradingStrategy, _ parameters: Parameters, on indicators: IndicatorSet, account: Account,
        workspace: Workspace
    ) throws(RequestProblem) {
        let warmUp = strategy.indicators(parameters).reduce(0) { max($0, $1.firstValid) }
        let count = indicators.bars.count
        guard count >= warmUp + 2, count > indicators.warmUpBars else {
            throw RequestProblem(
                .insufficientData,
                "\(strategy.descriptor.name) needs at least \(warmUp + 2) bars with these parameters, data has \(count)"
                    + (indicators.warmUpBars == 0 ? "" : " with those of the warm-up")
                    + "; take shorter periods or a longer range")
        }
        self.indicators = indicators
        self.warmUp = warmUp
        var account = account
        account.stopLossPct = parameters.number("stop_loss_pct")
        account.takeProfitPct = parameters.number("take_profit_pct")
        account.positionFraction = parameters.number("position_fraction")
        simulation = Simulation(bars: indicators.traded, account: account, workspace: workspace)
        try strategy.trade(parameters, in: &self)
    }

    /// - Throws: `invalid_positions` where the orders do not fit the bars or cannot be traded, `insufficient_data` where
    ///   they hold no decision that could be filled.
    init(
        of orders: HostedOrders, on indicators: IndicatorSet, account: Account, workspace: Workspace
    ) throws(RequestProblem) {
        try orders.check(bars: indicators.bars.count, warmUpBars: indicators.warmUpBars)
        self.indicators = indicators
        warmUp = orders.warmUp
        simulation = Simulation(
            bars: indicators.traded, account: try orders.account(account), workspace: workspace)
        try orders.trade(in: &self)
    }

    /// Called by the strategy, once, with its rule.
    mutating func follow(_ rule: some Rule) {
        simulation.run(rule, warmUp: warmUp, after: indicators.warmUpBars)
    }

    /// - Parameters:
    ///   - parts: what is worked out. The workspace must not have had another run since.
    ///   - blocks: what the returns are recorded in, where they are among the parts.
    func statistics(
        _ calendar: Calendar, _ settings: StatisticsSettings, parts: StatisticParts = .all, blocks: ReturnBlocks? = nil
    ) -> Statistics {
        Statistics(
            of: simulation, warmUp: max(0, warmUp - indicators.warmUpBars), calendar: calendar, settings: settings,
            parts: parts, blocks: blocks)
    }
}
