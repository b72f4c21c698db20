import Messages

/// Long while the MACD line is above its signal line, short while it is below.
struct MACD: TradingStrategy {
    let descriptor = StrategyDescriptor(
        name: "macd",
        summary: "Follows the trend: crosses of the MACD line and its signal; every average is seeded with the "
            + "simple one of its first values.",
        parameters: [
            CommonParameter.period("fast", 12, "bars of the fast average"),
            CommonParameter.period("slow", 26, from: 2, "bars of the slow average; more than fast"),
            CommonParameter.period("signal", 9, "bars of the signal line"),
            CommonParameter.direction, CommonParameter.cross,
        ] + CommonParameter.exits)

    func conflict(in parameters: Parameters) -> String? { Crossover.conflict(in: parameters) }

    func indicators(_ parameters: Parameters) -> [Indicator] {
        let fast = parameters.integer("fast")
        let slow = parameters.integer("slow")
        return [
            .macdLine(fast: fast, slow: slow),
            .macdSignal(fast: fast, slow: slow, signal: parameters.integer("signal")),
        ]
    }

    func trade(_ parameters: Parameters, in backtest: inout Backtest) {
        let lines = unsafe indicators(parameters).map { unsafe backtest.indicators[$0] }
        unsafe backtest.follow(CrossoverRule(lines[0], lines[1], parameters, warmUp: backtest.warmUp))
    }
}
