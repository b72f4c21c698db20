/// The figures of one run. Rates are percent, drawdowns are at most 0, what is undefined is NaN (`null` in JSON).
///
/// Formulas: backtesting.py 0.6.6, so that its results are ours to the last digit; `Statistics.md` lists them.
struct Statistics: Equatable, Sendable {
    var durationDays = Double.nan
    var exposureTimePct = Double.nan
    var equityFinal = Double.nan
    var equityPeak = Double.nan
    var commissions = Double.nan
    var returnPct = Double.nan
    var buyHoldReturnPct = Double.nan
    var returnAnnPct = Double.nan
    var volatilityAnnPct = Double.nan
    var cagrPct = Double.nan
    var sharpeRatio = Double.nan
    var sharpeRatioSimple = Double.nan
    var sortinoRatio = Double.nan
    var calmarRatio = Double.nan
    var alphaPct = Double.nan
    var beta = Double.nan
    var drawdowns = Drawdowns()
    var trades = TradeStatistics()
}

/// The settings that the yearly figures depend on.
struct StatisticsSettings: Equatable, Sendable {
    /// Per year: 0.02 is 2 %.
    var riskFreeRate = 0.0
    /// nil: taken from the rhythm of the bars.
    var annualTradingDays: Int?
}

/// A figure by its name in the result; what an objective or a constraint of a sweep names.
enum Statistic: String, CaseIterable, Sendable {
    case durationDays = "duration_days"
    case exposureTimePct = "exposure_time_pct"
    case equityFinal = "equity_final"
    case equityPeak = "equity_peak"
    case commissions
    case returnPct = "return_pct"
    case buyHoldReturnPct = "buy_hold_return_pct"
    case returnAnnPct = "return_ann_pct"
    case volatilityAnnPct = "volatility_ann_pct"
    case cagrPct = "cagr_pct"
    case sharpeRatio = "sharpe_ratio"
    case sharpeRatioSimple = "sharpe_ratio_simple"
    case sortinoRatio = "sortino_ratio"
    case calmarRatio = "calmar_ratio"
    case alphaPct = "alpha_pct"
    case beta
    case maxDrawdownPct = "max_drawdown_pct"
    case avgDrawdownPct = "avg_drawdown_pct"
    case maxDrawdownDurationDays = "max_drawdown_duration_days"
    case avgDrawdownDurationDays = "avg_drawdown_duration_days"
    case tradeCount = "trade_count"
    case winRatePct = "win_rate_pct"
    case bestTradePct = "best_trade_pct"
    case worstTradePct = "worst_trade_pct"
    case avgTradePct = "avg_trade_pct"
    case maxTradeDurationDays = "max_trade_duration_days"
    case avgTradeDurationDays = "avg_trade_duration_days"
    case profitFactor = "profit_factor"
    case profitFactorPnl = "profit_factor_pnl"
    case expectancyPct = "expectancy_pct"
    case sqn
    case kellyCriterion = "kelly_criterion"
}

/// The figures by what it takes to work them out: a pass over the bars or the trades each. The others cost nothing.
struct StatisticParts: OptionSet, Sendable {
    let rawValue: Int

    static let drawdowns = StatisticParts(rawValue: 1)
    static let trades = StatisticParts(rawValue: 2)
    static let returns = StatisticParts(rawValue: 4)
    static let market = StatisticParts(rawValue: 8)
    static let all: StatisticParts = [.drawdowns, .trades, .returns, .market]
}

extension Statistic {
    /// What must be worked out for this figure to be right.
    var parts: StatisticParts {
        switch self {
        case .durationDays, .exposureTimePct, .equityFinal, .commissions, .returnPct, .buyHoldReturnPct, .cagrPct: []
        case .equityPeak, .maxDrawdownPct, .avgDrawdownPct, .maxDrawdownDurationDays, .avgDrawdownDurationDays:
            .drawdowns
        case .returnAnnPct, .volatilityAnnPct, .sharpeRatio, .sharpeRatioSimple, .sortinoRatio: .returns
        case .calmarRatio: [.returns, .drawdowns]
        case .alphaPct, .beta: .market
        case .tradeCount, .winRatePct, .bestTradePct, .worstTradePct, .avgTradePct, .maxTradeDurationDays,
            .avgTradeDurationDays, .profitFactor, .profitFactorPnl, .expectancyPct, .sqn, .kellyCriterion:
            .trades
        }
    }
}

extension Statistics {
    subscript(_ statistic: Statistic) -> Double {
        switch statistic {
        case .durationDays: durationDays
        case .exposureTimePct: exposureTimePct
        case .equityFinal: equityFinal
        case .equityPeak: equityPeak
        case .commissions: commissions
        case .returnPct: returnPct
        case .buyHoldReturnPct: buyHoldReturnPct
        case .returnAnnPct: returnAnnPct
        case .volatilityAnnPct: volatilityAnnPct
        case .cagrPct: cagrPct
        case .sharpeRatio: sharpeRatio
        case .sharpeRatioSimple: sharpeRatioSimple
        case .sortinoRatio: sortinoRatio
        case .calmarRatio: calmarRatio
        case .alphaPct: alphaPct
        case .beta: beta
        case .maxDrawdownPct: drawdowns.deepestPct
        case .avgDrawdownPct: drawdowns.averagePct
        case .maxDrawdownDurationDays: drawdowns.longestDays
        case .avgDrawdownDurationDays: drawdowns.averageDays
        case .tradeCount: Double(trades.count)
        case .winRatePct: trades.winRatePct
        case .bestTradePct: trades.bestPct
        case .worstTradePct: trades.worstPct
        case .avgTradePct: trades.averagePct
        case .maxTradeDurationDays: trades.longestDays
        case .avgTradeDurationDays: trades.averageDays
        case .profitFactor: trades.profitFactor
        case .profitFactorPnl: trades.profitFactorPnl
        case .expectancyPct: trades.expectancyPct
        case .sqn: trades.sqn
        case .kellyCriterion: trades.kellyCriterion
        }
    }
}
