import Messages

/// Writes a host's reply: the members that go into the result.
enum ReplyWriter {
    /// A reply in JSON.
    static func completed(_ request: StrategyRequest, _ members: [UInt8]) -> [UInt8] {
        var json = JSONWriter(capacity: 128 + members.count)
        json.beginObject()
        json.member("status", HostReply.Status.completed.rawValue)
        json.member("request_id", request.requestID)
        json.rawMembers(members[...])
        json.endObject()
        return json.bytes
    }

    /// A request that cannot be run is rejected; one that could but did not come to an end has failed.
    /// - Parameter requestID: nil where the request could not be read so far.
    static func failure(_ requestID: String?, _ problem: RequestProblem) -> [UInt8] {
        var json = JSONWriter(capacity: 256 + problem.message.utf8.count)
        json.beginObject()
        json.member("status", (problem.isStepsFailure ? HostReply.Status.failed : .rejected).rawValue)
        if let requestID { json.member("request_id", requestID) }
        json.name("error")
        json.beginObject()
        json.member("code", problem.code.rawValue)
        json.member("message", problem.message)
        json.member("retryable", problem.isRetryable)
        json.endObject()
        json.endObject()
        return json.bytes
    }
}

extension JSONWriter {
    /// - Parameter swept: parameters that have no one value here.
    mutating func strategy(_ descriptor: StrategyDescriptor, _ parameters: Parameters, without swept: [String] = []) {
        name("strategy")
        beginObject()
        member("name", descriptor.name)
        member("version", descriptor.version)
        self.parameters(parameters, without: swept)
        endObject()
    }

    /// Long lists (computed signals) are not sent back.
    mutating func parameters(_ parameters: Parameters, without swept: [String] = []) {
        name("parameters")
        beginObject()
        for parameter in parameters.members where !swept.contains(parameter.name) {
            if let elements = parameter.value.elements, elements.isEmpty || elements.count > 100 { continue }
            member(parameter.name, parameter.value)
        }
        endObject()
    }

    /// What the figures depend on beside the strategy and the data.
    ///
    /// - Parameter calendars: of the data sets; days of a year that are not given and that they do not share are null.
    mutating func account(_ settings: RunSettings, _ calendars: [Calendar]) {
        name("account")
        beginObject()
        member("cash", settings.account.cash)
        member("commission", settings.account.commission)
        member("fixed_commission", settings.account.fixedCommission)
        member("spread", settings.account.spread)
        member("units", settings.account.units.rawValue)
        member("at_end", settings.account.atEnd.rawValue)
        member("risk_free_rate", settings.statistics.riskFreeRate)
        let days = Set(calendars.map { settings.statistics.annualTradingDays ?? $0.annualTradingDays })
        name("annual_trading_days")
        if let own = days.first, days.count == 1 { integer(own) } else { null() }
        endObject()
    }

    mutating func engine(_ version: String) {
        name("engine")
        beginObject()
        member("name", "optimizer")
        member("version", version)
        endObject()
    }

    /// `start` and `end` are those of the bars that were used.
    mutating func data(_ data: UsedData, _ bars: Bars) {
        beginObject()
        name("dataset")
        if let dataset = data.dataset { string(dataset) } else { null() }
        member("timeframe", data.timeframe)
        name("version")
        if let version = data.version { string(version) } else { null() }
        member("bars", bars.count)
        unsafe member("start", BarTime.text(bars.time[0]))
        unsafe member("end", BarTime.text(bars.time[bars.count - 1]))
        if let count = data.warmUpBars { member("warmup_bars", count) }
        endObject()
    }

    mutating func statistics(_ statistics: Statistics, _ bars: Bars) {
        name("statistics")
        beginObject()
        unsafe member("start", BarTime.text(bars.time[0]))
        unsafe member("end", BarTime.text(bars.time[bars.count - 1]))
        statisticMembers(statistics)
        endObject()
    }

    mutating func statisticMembers(_ statistics: Statistics) {
        for statistic in Statistic.allCases { figure(statistic, of: statistics) }
    }

    mutating func figure(_ statistic: Statistic, of statistics: Statistics) {
        if statistic == .tradeCount {
            member(statistic.rawValue, statistics.trades.count)
        } else {
            member(statistic.rawValue, statistics[statistic])
        }
    }

    mutating func openPosition(_ position: OpenPosition?, _ bars: Bars) {
        name("open_position")
        guard let position else { return null() }
        beginObject()
        size(position.size)
        member("entry_bar", position.entryBar)
        unsafe member("entry_time", BarTime.text(bars.time[position.entryBar]))
        member("entry_price", position.entryPrice)
        endObject()
    }

    /// Whole units without a point behind them.
    private mutating func size(_ units: Double) {
        if let whole = Int(exactly: units) { member("size", whole) } else { member("size", units) }
    }

    /// Writes nothing where every order was filled.
    mutating func droppedOrders(_ dropped: DroppedOrders?) {
        guard let dropped else { return }
        name("dropped_orders")
        beginObject()
        member("count", dropped.count)
        droppedOrder(dropped)
        endObject()
    }

    /// The first of them.
    mutating func droppedOrder(_ dropped: DroppedOrders) {
        member("first_bar", dropped.firstBar)
        member("first_time", BarTime.text(dropped.firstTime))
        member("reason", dropped.reason.rawValue)
        member("budget", dropped.budget)
        member("unit_cost", dropped.unitCost)
    }

    /// - Parameter time: of a bar, in UTC milliseconds.
    mutating func trades(_ trades: some Sequence<Trade>, time: (Int) -> Int64) {
        beginArray()
        for trade in trades {
            beginObject()
            size(trade.size)
            member("entry_bar", trade.entryBar)
            member("exit_bar", trade.exitBar)
            member("entry_time", BarTime.text(time(trade.entryBar)))
            member("exit_time", BarTime.text(time(trade.exitBar)))
            member("entry_price", trade.entryPrice)
            member("exit_price", trade.exitPrice)
            member("pnl", trade.profit)
            member("commission", trade.commission)
            member("return_pct", trade.rate * 100)
            member("exit_reason", trade.reason.rawValue)
            endObject()
        }
        endArray()
    }

    /// Writes nothing where all fits.
    mutating func leftOut(_ members: [String]) {
        guard !members.isEmpty else { return }
        name("left_out")
        beginArray()
        for member in members { string(member) }
        endArray()
    }

    /// Two lists of one length: the bars' times, as trades have them, and the equity at their closes.
    mutating func curve(
        _ curve: OutputSettings.Curve, _ equity: UnsafeMutableBufferPointer<Double>, _ bars: Bars
    ) {
        name("equity_curve")
        guard curve != .none else { return null() }
        let points = curve == .full ? bars.count : min(bars.count, 500)
        func bar(_ point: Int) -> Int { points == 1 ? 0 : point * (bars.count - 1) / (points - 1) }
        self.curve(
            (0..<points).lazy.map { unsafe bars.time[bar($0)] }, (0..<points).lazy.map { unsafe equity[bar($0)] })
    }

    /// Two lists of one length.
    mutating func curve(_ times: some Sequence<Int64>, _ equity: some Sequence<Double>) {
        beginObject()
        name("time")
        beginArray()
        for time in times { string(BarTime.text(time)) }
        endArray()
        name("equity")
        beginArray()
        for value in equity { double(value) }
        endArray()
        endObject()
    }
}

/// Which data a run used, as its result says it.
struct UsedData {
    let dataset: String?
    let timeframe: String
    let version: String?
    /// How many bars before the first were seen; nil where the request did not ask for any.
    let warmUpBars: Int?
}
