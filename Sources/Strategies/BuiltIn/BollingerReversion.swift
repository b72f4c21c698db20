import Messages

/// Buys a close below the lower band, sells a close above the middle.
struct BollingerReversion: TradingStrategy {
    let descriptor = StrategyDescriptor(
        name: "bollinger_reversion",
        summary: "Against the move: long from a close below the lower band to a close above the middle.",
        parameters: Bollinger.parameters())

    func indicators(_ parameters: Parameters) -> [Indicator] { Bollinger.indicators(parameters) }

    func trade(_ parameters: Parameters, in backtest: inout Backtest) {
        let lines = unsafe indicators(parameters).map { unsafe backtest.indicators[$0] }
        let lower = unsafe BandRule.Line.band(middle: lines[0], width: lines[1], factor: -parameters.number("stddev"))
        unsafe backtest.follow(
            BandRule(value: backtest.bars.close, side: .below, entry: lower, exit: .column(lines[0])))
    }
}
