import Messages

/// The built-in strategies as a host serves them: a request's bytes in, a reply's bytes out.
///
/// It keeps what a next request can use (mapped data sets, buffers), belongs to one thread, and answers whatever the
/// bytes are: what cannot be run is a reply that says why.
package final class HostedStrategies {
    private let store: DataSetStore
    let workspace = Workspace()
    private let pool = ColumnPool()
    let engineVersion: String

    /// - Parameters:
    ///   - dataRoot: the directory of the column files; it need not exist.
    ///   - engineVersion: the product's version, which every reply names.
    package init(dataRoot: String, engineVersion: String) {
        store = DataSetStore(root: dataRoot)
        self.engineVersion = engineVersion
    }

    /// Runs one request.
    ///
    /// - Returns: `{"status": "completed", "request_id": …, "strategy": …, "data": …, "statistics": …, …}`, or
    ///   `{"status": "rejected" | "failed", "error": {"code", "message", "retryable"}}`.
    package func run(_ request: [UInt8]) -> [UInt8] {
        let parsed: StrategyRequest
        do {
            parsed = try StrategyRequest.parse(request)
        } catch {
            return ReplyWriter.failure(error.requestID, error.problem)
        }
        do {
            return ReplyWriter.completed(parsed, try members(of: parsed, after: []))
        } catch {
            return ReplyWriter.failure(parsed.requestID, error)
        }
    }

    /// Runs what a node sends: a `StepFrame`, which is answered by a `ReplyFrame`, or a request in JSON.
    ///
    /// - Parameters:
    ///   - ask: hands a `QuestionFrame` to the node and gives its answer; nil where there is none.
    ///   - clock: the machine's monotonic clock, in nanoseconds.
    package func answer(
        _ payload: [UInt8], ask: @escaping ([UInt8]) -> [UInt8]? = { _ in nil }, clock: () -> UInt64
    ) -> [UInt8] {
        let began = clock()
        var token: UInt64 = 0
        var reply: [UInt8]
        do throws(RequestProblem) {
            guard let step = try StepFrame.read(payload) else { return run(payload) }
            token = step.token
            reply = try members(of: step.request, after: ReplyFrame.completed(token: token), ask: ask)
        } catch {
            reply = ReplyFrame.failure(token: token, error)
        }
        ReplyFrame.setTimes(.init(began: began, ended: clock()), in: &reply)
        return reply
    }

    /// - Parameter start: what they are to stand behind.
    private func members(
        of request: StrategyRequest, after start: [UInt8], ask: @escaping ([UInt8]) -> [UInt8]? = { _ in nil }
    ) throws(RequestProblem) -> [UInt8] {
        var json = JSONWriter(after: start, capacity: 2048)
        try run(request, ask, &json)
        guard json.bytes.count <= Self.longestReply else { throw Self.tooLarge }
        return json.bytes
    }

    /// A little less than the longest frame, so that a reply too long is the step's own failure and not the host's.
    static let longestReply = (8 << 20) - 1024

    private static var tooLarge: RequestProblem {
        RequestProblem(
            .resultTooLarge,
            "the reply would be longer than \(longestReply) bytes; ask for output.equity_curve \"sampled\" and no trades"
        )
    }

    private func run(
        _ request: StrategyRequest, _ ask: @escaping ([UInt8]) -> [UInt8]?, _ json: inout JSONWriter
    ) throws(RequestProblem) {
        if let orders = request.orders { return try trade(HostedOrders(orders), request, &json) }
        guard !request.isSweep else { return try sweepStep(request, ask, &json) }
        let (strategy, parameters) = try StrategyRegistry.resolve(
            request.strategy, version: request.strategyVersion, request.parameters)
        switch strategy.kind {
        case .trading(let strategy):
            json.strategy(strategy.descriptor, parameters)
            try backtest(request, &json) { indicators, account throws(RequestProblem) in
                try Backtest(of: strategy, parameters, on: indicators, account: account, workspace: workspace)
            }
        case .bare(let strategy):
            strategy.perform(parameters)
            json.strategy(strategy.descriptor, parameters)
        }
    }

    /// Trades what an external strategy's host has answered. `strategy` is left to the node.
    private func trade(
        _ orders: HostedOrders, _ request: StrategyRequest, _ json: inout JSONWriter
    ) throws(RequestProblem) {
        try backtest(request, version: orders.dataVersion, &json) { indicators, account throws(RequestProblem) in
            try Backtest(of: orders, on: indicators, account: account, workspace: workspace)
        }
    }

    /// - Parameters:
    ///   - version: of the data set, where the request names none.
    ///   - run: makes the run whose figures are written.
    private func backtest(
        _ request: StrategyRequest, version: String? = nil, _ json: inout JSONWriter,
        run: (IndicatorSet, Account) throws(RequestProblem) -> Backtest
    ) throws(RequestProblem) {
        let settings = try RunSettings(request)
        let (data, used, range) = try open(DataSelection(request.section("data"), version: version))
        try withIndicators(of: data, range, after: used.warmUpBars) { indicators throws(RequestProblem) in
            let bars = indicators.traded
            let backtest = try run(indicators, settings.account)
            let statistics = backtest.statistics(data.calendar, settings.statistics)
            let (output, leftOut) = settings.output.fitting(
                Self.longestReply, bars: bars.count, trades: workspace.trades.count)
            json.name("data")
            json.data(used, bars)
            json.account(settings, [data.calendar])
            json.statistics(statistics, bars)
            json.openPosition(backtest.simulation.openPosition, bars)
            json.droppedOrders(backtest.simulation.dropped)
            json.name("trades")
            if output.trades { json.trades(workspace.trades) { unsafe bars.time[$0] } } else { json.null() }
            unsafe json.curve(output.curve, workspace.equity, bars)
            json.leftOut(leftOut)
            json.engine(engineVersion)
        }
    }

    private func sweepStep(
        _ request: StrategyRequest, _ ask: @escaping ([UInt8]) -> [UInt8]?, _ json: inout JSONWriter
    ) throws(RequestProblem) {
        let external = request.descriptor.map { [$0] } ?? []
        let sweep = try Sweep(request, external: external, definition: .null)
        let place = try SweepStep.Place(request.section("step"), setCount: sweep.setCount)
        let settings = try RunSettings(request)
        let opened = try sweep.data.each { _, selection throws(RequestProblem) in try open(selection) }
        let questions =
            external.isEmpty
            ? nil
            : try SetQuestions(request, sweep, step: place.step, versions: opened.map(\.used.version), ask: ask)
        var step = SweepStep(sweep, place, questions: questions)
        let splits = opened.map { sweep.firstKeptBar(of: $0.data, in: $0.range) }
        let early = zip(opened, splits).map { ($0.data, $0.range.lowerBound..<$1, $0.used.warmUpBars) }
        withBars(of: early[...]) { step.run(on: $0, settings, workspace) }
        if zip(opened, splits).allSatisfy({ $1 < $0.range.upperBound }) {
            let late = zip(zip(opened, splits), sweep.data.selections).map { part, selection in
                let (source, split) = part
                return (source.data, split..<source.range.upperBound, selection.warmUpBars.map { min($0, split) })
            }
            withBars(of: late[...]) { step.tryOutOfSample(on: $0, settings, workspace) }
        }
        json.strategy(sweep.strategy.descriptor, sweep.fixed, without: sweep.axes.map(\.name))
        json.name("data")
        if sweep.data.isList { json.beginArray() }
        for source in opened { source.data.withBars(source.range) { json.data(source.used, $0) } }
        if sweep.data.isList { json.endArray() }
        json.account(settings, opened.map(\.data.calendar))
        json.step(step)
        json.engine(engineVersion)
    }

    /// Runs something on the indicators of all of these bars.
    private func withBars(
        of parts: ArraySlice<(MarketData, Range<Int>, Int?)>, before: [SweptBars] = [], _ body: ([SweptBars]) -> Void
    ) {
        guard let (data, range, warmUpBars) = parts.first else { return body(before) }
        withIndicators(of: data, range, after: warmUpBars) { indicators in
            let bars = SweptBars(indicators: indicators, calendar: data.calendar)
            withBars(of: parts.dropFirst(), before: before + [bars], body)
        }
    }

    /// Runs something on the indicators of a range of the bars, which see so many bars before it.
    func withIndicators<R, E: Error>(
        of data: MarketData, _ range: Range<Int>, after warmUpBars: Int?, _ body: (IndicatorSet) throws(E) -> R
    ) throws(E) -> R {
        let count = warmUpBars ?? 0
        return try data.withBars(range.lowerBound - count..<range.upperBound) { bars throws(E) in
            try body(IndicatorSet(bars: bars, warmUpBars: count, pool: pool))
        }
    }

    /// The data set a request names and the range of it that it asks for, which is never empty.
    func open(
        _ selection: DataSelection
    ) throws(RequestProblem) -> (data: MarketData, used: UsedData, range: Range<Int>) {
        let data: MarketData
        let (dataset, timeframe): (String?, String)
        switch selection.source {
        case .stored(let name, let version):
            do throws(RequestProblem) {
                data = try store.dataSet(name, version: version)
            } catch {
                // The request has named a data set that is here: the version is who decided's own word.
                guard selection.hasVersionUsed, error.code == .unknownDataset,
                    (try? store.dataSet(name, version: nil)) != nil
                else { throw error }
                throw RequestProblem(
                    .invalidPositions,
                    "the strategy has decided on version \(version ?? "") of the data (data_version), which this node does "
                        + "not have; give the version of the data set that was read, or leave data_version out")
            }
            (dataset, timeframe) = (name.dataset, name.timeframe)
        case .inline(let table, let given):
            data = MarketData(table)
            (dataset, timeframe) = (nil, given)
        }
        let range = data.range(from: selection.start, through: selection.end)
        guard !range.isEmpty else {
            throw RequestProblem(
                .insufficientData,
                unsafe "data has no bars in the range asked for; it has \(data.bars.count) from "
                    + "\(BarTime.text(data.bars.time[0])) to \(BarTime.text(data.bars.time[data.bars.count - 1]))"
            )
        }
        let used = UsedData(
            dataset: dataset, timeframe: timeframe, version: data.version,
            warmUpBars: selection.warmUpBars.map { min($0, range.lowerBound) })
        return (data, used, range)
    }
}
