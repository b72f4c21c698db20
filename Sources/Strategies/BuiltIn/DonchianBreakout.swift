import Messages

/// Buys a close above the highest high of the bars before, sells a close below their lowest low.
struct DonchianBreakout: TradingStrategy {
    let descriptor = StrategyDescriptor(
        name: "donchian_breakout",
        summary: "With the move: long from a close above the prior high to a close below the prior low (turtle rules).",
        parameters: [
            CommonParameter.period("entry", 20, "bars of the prior high"),
            CommonParameter.period("exit", 10, "bars of the prior low"),
        ] + CommonParameter.exits)

    func indicators(_ parameters: Parameters) -> [Indicator] {
        [.priorHigh(parameters.integer("entry")), .priorLow(parameters.integer("exit"))]
    }

    func trade(_ parameters: Parameters, in backtest: inout Backtest) {
        let lines = unsafe indicators(parameters).map { unsafe backtest.indicators[$0] }
        unsafe backtest.follow(
            BandRule(value: backtest.bars.close, side: .above, entry: .column(lines[0]), exit: .column(lines[1])))
    }
}
