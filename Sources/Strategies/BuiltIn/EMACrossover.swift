import Messages

/// Long while the fast exponential average is above the slow one, short while it is below.
struct EMACrossover: TradingStrategy {
    let descriptor = StrategyDescriptor(
        name: "ema_crossover",
        summary: "Follows the trend: crosses of two exponential moving averages, each seeded with a simple one.",
        parameters: Crossover.parameters())

    func conflict(in parameters: Parameters) -> String? { Crossover.conflict(in: parameters) }

    func indicators(_ parameters: Parameters) -> [Indicator] {
        [.exponentialAverage(parameters.integer("fast")), .exponentialAverage(parameters.integer("slow"))]
    }

    func trade(_ parameters: Parameters, in backtest: inout Backtest) {
        let lines = unsafe indicators(parameters).map { unsafe backtest.indicators[$0] }
        unsafe backtest.follow(CrossoverRule(lines[0], lines[1], parameters, warmUp: backtest.warmUp))
    }
}
