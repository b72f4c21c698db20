import Messages

/// Long while the price has risen by more than a threshold over a period.
struct MomentumROC: TradingStrategy {
    let descriptor = StrategyDescriptor(
        name: "momentum_roc", summary: "With the move: long while the rate of change is above a threshold.",
        parameters: [
            CommonParameter.period("period", 20, "bars the price is compared over"),
            ParameterSpecification(
                "threshold", .number(-100...10_000), default: .integer(0), "percent; buys above, sells below"),
        ] + CommonParameter.exits)

    func indicators(_ parameters: Parameters) -> [Indicator] { [.rateOfChange(parameters.integer("period"))] }

    func trade(_ parameters: Parameters, in backtest: inout Backtest) {
        let change = unsafe backtest.indicators[.rateOfChange(parameters.integer("period"))]
        let threshold = BandRule.Line.level(parameters.number("threshold"))
        unsafe backtest.follow(BandRule(value: change, side: .above, entry: threshold, exit: threshold))
    }
}
