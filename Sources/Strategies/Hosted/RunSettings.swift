import Messages

/// The sections of a request that say how to run, read and checked.
struct RunSettings {
    var account = Account()
    var statistics = StatisticsSettings()
    var output = OutputSettings()

    init(_ request: StrategyRequest) throws(RequestProblem) {
        try readAccount(request.section("account"))
        try readStatistics(request.section("statistics"))
        try readOutput(request.section("output"))
    }

    private static let accountMembers = [
        "cash", "commission", "fixed_commission", "spread", "units", "margin", "sizing", "at_end",
    ]
    private enum Sizing: String { case allEquity = "all_equity" }

    private mutating func readAccount(_ value: JSONValue?) throws(RequestProblem) {
        for name in CommonParameter.exits.map(\.name) where value?[name] != nil {
            throw RequestProblem(
                .invalidRequest,
                "account.\(name): \(name) is a parameter of the strategy, give it in strategy.parameters")
        }
        let section = try SectionReader("account", value, known: Self.accountMembers)
        account.cash = try section.number("cash", in: 0.01...1e15) ?? account.cash
        account.commission = try section.number("commission", in: 0...0.5) ?? account.commission
        account.fixedCommission = try section.number("fixed_commission", in: 0...1e9) ?? 0
        account.spread = try section.number("spread", in: 0...0.5) ?? 0
        account.units = try section.word("units", of: Account.Units.allCases) ?? .whole
        if let margin = try section.number("margin", in: 0...1), margin != 1 {
            throw section.wrong("margin", "1: positions are paid in full")
        }
        _ = try section.word("sizing", of: [Sizing.allEquity])
        account.atEnd = try section.word("at_end", of: [Account.AtEnd.markToMarket, .closeOut]) ?? .markToMarket
    }

    private mutating func readStatistics(_ value: JSONValue?) throws(RequestProblem) {
        let section = try SectionReader("statistics", value, known: ["risk_free_rate", "annual_trading_days"])
        statistics.riskFreeRate = try section.number("risk_free_rate", in: -1...10) ?? 0
        statistics.annualTradingDays = try section.integer("annual_trading_days", in: 1...366)
    }

    private mutating func readOutput(_ value: JSONValue?) throws(RequestProblem) {
        let section = try SectionReader("output", value, known: OutputSettings.members)
        output.trades = try section.boolean("trades") ?? false
        output.curve = try section.word("equity_curve", of: OutputSettings.Curve.allCases) ?? .none
    }
}

/// What a result carries beside the statistics.
struct OutputSettings: Equatable {
    /// How much of the equity curve.
    enum Curve: String, CaseIterable {
        case none
        /// At most 500 points, evenly spread, first and last among them.
        case sampled
        /// Every bar.
        case full
    }

    /// Those from `top` on are a sweep's.
    static let members = ["trades", "equity_curve", "top", "heatmap", "figures"]

    var trades = false
    var curve = Curve.none

    /// Of one as it is mostly written; a longer one is found out by the reply's own length.
    private static let pointBytes = 48
    private static let tradeBytes = 300

    /// What of it fits into a reply: the figures come whatever else was asked for.
    ///
    /// - Returns: also the members that are less than was asked for.
    func fitting(_ bytes: Int, bars: Int, trades count: Int) -> (OutputSettings, leftOut: [String]) {
        var (output, leftOut) = (self, [String]())
        let tradeBytes = trades ? count * Self.tradeBytes : 0
        if curve == .full, bars * Self.pointBytes + tradeBytes > bytes {
            output.curve = .sampled
            leftOut.append("equity_curve")
        }
        if tradeBytes > bytes - 500 * Self.pointBytes {
            output.trades = false
            leftOut.append("trades")
        }
        return (output, leftOut)
    }
}
