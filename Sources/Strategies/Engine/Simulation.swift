/// Runs a rule over bars: orders, fills, stops, marking, ruin. `Execution.md` specifies the order of events.
struct Simulation {
    let bars: Bars
    let account: Account
    let workspace: Workspace

    private var cash: Double
    private var size = 0.0
    private var entryPrice = 0.0
    private var entryBar = -1
    private var stopPrice = 0.0
    private var targetPrice = 0.0
    /// The bar at whose close the equity was used up.
    private(set) var ruinedAt: Int?
    /// nil where every order to go in was filled.
    private(set) var dropped: DroppedOrders?

    init(bars: Bars, account: Account, workspace: Workspace) {
        self.bars = bars
        self.account = account
        self.workspace = workspace
        cash = account.cash
    }

    /// A run whose equity and trades are in the workspace already.
    ///
    /// - Parameter ruin: the bar at whose close the equity was used up; nil where it was not.
    init(bars: Bars, account: Account, workspace: Workspace, ruinedAt ruin: Int?) {
        self.init(bars: bars, account: account, workspace: workspace)
        ruinedAt = ruin
    }

    /// The position that is open now.
    var openPosition: OpenPosition? {
        size == 0 ? nil : OpenPosition(size: size, entryBar: entryBar, entryPrice: entryPrice)
    }

    /// The position that is open, as a trade that ends at the last close and pays for no exit; nil where there is none.
    var openTrade: Trade? {
        guard size != 0 else { return nil }
        let last = bars.count - 1
        return unsafe trade(until: last, at: bars.close[last], exitFee: 0, .end)
    }

    /// Leaves the equity of every bar and the closed trades in the workspace.
    ///
    /// - Parameters:
    ///   - warmUp: the first bar at which every indicator is valid; the first decision is one bar later.
    ///   - earlier: how many bars the rule sees before the first of these. It counts from there, as `warmUp` does; what it
    ///     decides at them, while out, is not done.
    mutating func run(_ rule: some Rule, warmUp: Int, after earlier: Int = 0) {
        var rule = rule
        workspace.begin(bars: bars.count)
        let equity = unsafe workspace.equity
        // A rule may follow what it sees from bar to bar, as one of crosses does.
        for bar in warmUp + 1..<max(warmUp + 1, earlier) { _ = rule.decide(at: bar, position: 0) }
        let first = max(0, warmUp + 1 - earlier)
        for bar in 0..<min(first, bars.count) { unsafe equity[bar] = account.cash }
        guard first < bars.count else { return }
        let hasExits = account.hasExits
        var pending = Decision.nothing
        for bar in first..<bars.count {
            if pending != .nothing { execute(pending, at: bar) }
            if hasExits, size != 0 { checkExits(at: bar) }
            let value = unsafe cash + size * (bars.close[bar] - entryPrice)
            guard value > 0 else { return ruin(at: bar) }
            unsafe equity[bar] = value
            pending = rule.decide(at: bar + earlier, position: size)
        }
        closeOut()
    }

    // MARK: Inside a bar

    /// The order of the bar before, at this bar's open: closing comes before opening.
    private mutating func execute(_ decision: Decision, at bar: Int) {
        let price = unsafe bars.open[bar]
        if size != 0 { exit(at: bar, price: price, .signal) }
        guard decision != .close else { return }
        let isBuy = decision == .buy
        let fill = account.fill(price, isBuy: isBuy)
        let units = account.entrySize(cash: cash, price: fill)
        guard units > 0 else { return drop(at: bar, price: fill) }
        size = isBuy ? units : -units
        entryPrice = fill
        entryBar = bar
        cash -= account.fee(units: units, price: fill)
        let direction = isBuy ? 1.0 : -1.0
        // In this order 10 % above 100 is 110 exactly; 100 × 1.1 is a hair more, and a high of 110 would miss it.
        stopPrice = fill - direction * (fill * account.stopLossPct / 100)
        targetPrice = fill + direction * (fill * account.takeProfitPct / 100)
    }

    private mutating func drop(at bar: Int, price: Double) {
        guard dropped == nil else { return dropped?.addAnother() ?? () }
        dropped = unsafe DroppedOrders(at: bar, bars.time[bar], cash: cash, price: price, account)
    }

    /// An open beyond a level fills there: it is known to come first. A bar that reaches both levels later is taken
    /// for a loss: which came first inside the bar is not known, and the worse is assumed.
    private mutating func checkExits(at bar: Int) {
        let open = unsafe bars.open[bar]
        let isLong = size > 0
        let hasStop = account.stopLossPct > 0
        let hasTarget = account.takeProfitPct > 0
        if hasTarget, isLong ? open >= targetPrice : open <= targetPrice {
            exit(at: bar, price: open, .takeProfit)
        } else if hasStop, unsafe isLong ? bars.low[bar] <= stopPrice : bars.high[bar] >= stopPrice {
            exit(at: bar, price: isLong ? min(open, stopPrice) : max(open, stopPrice), .stopLoss)
        } else if hasTarget, unsafe isLong ? bars.high[bar] >= targetPrice : bars.low[bar] <= targetPrice {
            exit(at: bar, price: targetPrice, .takeProfit)
        }
    }

    private mutating func exit(at bar: Int, price: Double, _ reason: Trade.Reason) {
        let fill = account.fill(price, isBuy: size < 0)
        let exitFee = account.fee(units: abs(size), price: fill)
        workspace.trades.append(trade(until: bar, at: fill, exitFee: exitFee, reason))
        cash += size * (fill - entryPrice) - exitFee
        size = 0
    }

    /// The position as a trade that ends at this price.
    private func trade(until bar: Int, at fill: Double, exitFee: Double, _ reason: Trade.Reason) -> Trade {
        let units = abs(size)
        let commission = exitFee + account.fee(units: units, price: entryPrice)
        let direction = size > 0 ? 1.0 : -1.0
        return Trade(
            size: size, entryBar: entryBar, exitBar: bar, entryPrice: entryPrice, exitPrice: fill,
            commission: commission, profit: size * (fill - entryPrice) - commission,
            rate: direction * (fill / entryPrice - 1) - commission / (units * entryPrice), reason: reason)
    }

    // MARK: Ends

    /// The position is closed at this close, the equity is zero from here on.
    private mutating func ruin(at bar: Int) {
        if size != 0 { unsafe exit(at: bar, price: bars.close[bar], .ruin) }
        ruinedAt = bar
        for rest in bar..<bars.count { unsafe workspace.equity[rest] = 0 }
    }

    private mutating func closeOut() {
        guard size != 0, account.atEnd != .markToMarket else { return }
        let last = bars.count - 1
        unsafe exit(at: last, price: account.atEnd == .closeOut ? bars.close[last] : bars.open[last], .end)
        unsafe workspace.equity[last] = max(cash, 0)
        if cash <= 0 { ruinedAt = last }
    }
}
