import Messages

/// Buys what has fallen too fast, sells it when it has risen too fast.
struct RSIMeanReversion: TradingStrategy {
    let descriptor = StrategyDescriptor(
        name: "rsi_mean_reversion",
        summary: "Against the move: long from an oversold to an overbought relative strength index (Wilder's).",
        parameters: [
            CommonParameter.period("period", 14, "bars of the index"),
            ParameterSpecification("oversold", .number(0...100), default: .integer(30), "buys below this"),
            ParameterSpecification("overbought", .number(0...100), default: .integer(70), "sells above this"),
        ] + CommonParameter.exits)

    func conflict(in parameters: Parameters) -> String? {
        let low = parameters.number("oversold")
        let high = parameters.number("overbought")
        return low < high ? nil : "oversold is \(low) and overbought is \(high), oversold must be less than overbought"
    }

    func indicators(_ parameters: Parameters) -> [Indicator] {
        [.relativeStrength(parameters.integer("period"))]
    }

    func trade(_ parameters: Parameters, in backtest: inout Backtest) {
        let index = unsafe backtest.indicators[.relativeStrength(parameters.integer("period"))]
        unsafe backtest.follow(
            BandRule(
                value: index, side: .below, entry: .level(parameters.number("oversold")),
                exit: .level(parameters.number("overbought"))))
    }
}
