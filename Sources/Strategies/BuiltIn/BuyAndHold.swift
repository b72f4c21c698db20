import Messages

/// Buys at the first chance and keeps it: what every other strategy is measured against.
struct BuyAndHold: TradingStrategy {
    let descriptor = StrategyDescriptor(
        name: "buy_and_hold", summary: "The baseline: buys once and keeps it.", parameters: CommonParameter.exits)

    func indicators(_ parameters: Parameters) -> [Indicator] { [] }

    func trade(_ parameters: Parameters, in backtest: inout Backtest) { backtest.follow(Always()) }

    private struct Always: Rule {
        mutating func decide(at bar: Int, position: Double) -> Decision { position == 0 ? .buy : .nothing }
    }
}
