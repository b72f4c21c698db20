package import Messages

/// Runs over parts of one data set, the returns of each compounded on those before it.
package struct JoinedRuns: Sendable {
    /// UTC milliseconds, one for each bar from the first part's first to the last one's last.
    package let times: [Int64]
    package let equity: [Double]
    /// Their bars count from the first of these.
    let trades: [Trade]
    /// Of buying at the first of these bars and holding to the last.
    package let hold: [Double]
    let statistics: Statistics
    let holdStatistics: Statistics
    let start: String
    let end: String
    /// Of the engine that ran and joined them.
    let engineVersion: String
}

extension HostedStrategies {
    /// Joins runs of one account over one version of a data set.
    ///
    /// Of each run every value is multiplied by what those before it have made of the cash: its equity, and the sizes,
    /// profits and commissions of its trades, whose rates stay. Between two parts the equity stands still. What a run holds at
    /// its end is a trade that ends there, for what comes after begins without a position; at the end of all it is still
    /// open, as it is at that of one run. All figures are worked out of the joined equity and trades as of a run's own.
    ///
    /// - Parameters:
    ///   - runs: the earliest first; no two share a bar.
    ///   - holding: a request to buy and hold over the bars from the first part's to the last one's.
    /// - Throws: what a reply to that request would say, or `invalid_data` where the parts are not in order.
    package func join(_ runs: [TradedRun], _ holding: [UInt8]) throws(RequestProblem) -> JoinedRuns {
        let hold = try traded(holding)
        let request = try Self.parsed(holding)
        let settings = try RunSettings(request)
        let (data, _, range) = try open(DataSelection(request.section("data")))
        var next = range.lowerBound
        for run in runs {
            guard run.bars.lowerBound >= next, run.bars.upperBound <= range.upperBound else {
                throw RequestProblem(
                    .invalidData,
                    "the run from \(run.start) to \(run.end) does not come after the one before it, or lies outside of all"
                )
            }
            next = run.bars.upperBound
        }
        return data.withBars(range) { bars in
            workspace.begin(bars: bars.count)
            let isRuined = joinIntoWorkspace(runs, range, cash: settings.account.cash)
            let simulation = Simulation(
                bars: bars, account: settings.account, workspace: workspace, ruinedAt: isRuined ? bars.count - 1 : nil)
            return unsafe JoinedRuns(
                times: Array(bars.time), equity: Array(workspace.equity), trades: Array(workspace.trades),
                hold: hold.equity,
                statistics: Statistics(
                    of: simulation, warmUp: 0, calendar: data.calendar, settings: settings.statistics),
                holdStatistics: hold.statistics, start: hold.start, end: hold.end,
                engineVersion: engineVersion)
        }
    }

    /// - Returns: whether all was lost.
    private func joinIntoWorkspace(_ runs: [TradedRun], _ range: Range<Int>, cash: Double) -> Bool {
        var value = cash
        var bar = range.lowerBound
        for run in runs {
            for between in bar..<max(bar, run.bars.lowerBound) {
                unsafe workspace.equity[between - range.lowerBound] = value
            }
            let first = run.bars.lowerBound - range.lowerBound
            let growth = value / run.cash
            for (offset, equity) in run.equity.enumerated() {
                unsafe workspace.equity[first + offset] = equity * growth
            }
            // After a ruin there is nothing to trade with.
            if growth != 0 {
                let isEnd = run.bars.upperBound == range.upperBound
                for trade in run.trades + (isEnd ? [] : [run.openTrade].compactMap(\.self)) {
                    workspace.trades.append(trade.moved(by: first, scaled: growth))
                }
            }
            value = (run.equity.last ?? run.cash) * growth
            bar = run.bars.upperBound
        }
        for rest in bar..<max(bar, range.upperBound) { unsafe workspace.equity[rest - range.lowerBound] = value }
        return runs.contains(where: \.isRuined)
    }
}

extension Trade {
    fileprivate func moved(by bars: Int, scaled growth: Double) -> Trade {
        Trade(
            size: size * growth, entryBar: entryBar + bars, exitBar: exitBar + bars, entryPrice: entryPrice,
            exitPrice: exitPrice, commission: commission * growth, profit: profit * growth, rate: rate, reason: reason)
    }
}
