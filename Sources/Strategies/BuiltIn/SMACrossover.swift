import Messages

/// Long while the fast simple average is above the slow one, short while it is below.
struct SMACrossover: TradingStrategy {
    let descriptor = StrategyDescriptor(
        name: "sma_crossover", summary: "Follows the trend: crosses of two simple moving averages.",
        parameters: Crossover.parameters())

    func conflict(in parameters: Parameters) -> String? { Crossover.conflict(in: parameters) }

    func indicators(_ parameters: Parameters) -> [Indicator] {
        [.simpleAverage(parameters.integer("fast")), .simpleAverage(parameters.integer("slow"))]
    }

    func trade(_ parameters: Parameters, in backtest: inout Backtest) {
        let lines = unsafe indicators(parameters).map { unsafe backtest.indicators[$0] }
        unsafe backtest.follow(CrossoverRule(lines[0], lines[1], parameters, warmUp: backtest.warmUp))
    }
}
