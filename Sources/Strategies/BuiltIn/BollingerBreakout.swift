import Messages

/// Buys a close above the upper band, sells a close below the middle.
struct BollingerBreakout: TradingStrategy {
    let descriptor = StrategyDescriptor(
        name: "bollinger_breakout",
        summary: "With the move: long from a close above the upper band to a close below the middle.",
        parameters: Bollinger.parameters())

    func indicators(_ parameters: Parameters) -> [Indicator] { Bollinger.indicators(parameters) }

    func trade(_ parameters: Parameters, in backtest: inout Backtest) {
        let lines = unsafe indicators(parameters).map { unsafe backtest.indicators[$0] }
        let upper = unsafe BandRule.Line.band(middle: lines[0], width: lines[1], factor: parameters.number("stddev"))
        unsafe backtest.follow(
            BandRule(value: backtest.bars.close, side: .above, entry: upper, exit: .column(lines[0])))
    }
}

/// What both Bollinger strategies take.
enum Bollinger {
    static func parameters() -> [ParameterSpecification] {
        [
            CommonParameter.period("period", 20, from: 2, "bars of the average and the deviation"),
            ParameterSpecification(
                "stddev", .number(0...20), default: .integer(2), "deviations from the middle to a band"),
        ] + CommonParameter.exits
    }

    static func indicators(_ parameters: Parameters) -> [Indicator] {
        let period = parameters.integer("period")
        return [.simpleAverage(period), .deviation(period)]
    }
}
