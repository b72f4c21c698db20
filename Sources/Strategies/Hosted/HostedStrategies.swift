import Messages

/// The built-in strategies as a host serves them: a request's bytes in, a reply's bytes out.
///
/// It keeps what a next request can use (mapped data sets, buffers), belongs to one thread, and answers whatever the
/// bytes are: what cannot be run is a reply that says why.
package final class HostedStrategies {
    private let store: DataSetStore
    private let workspace = Workspace()
    private let pool = ColumnPool()
    private let engineVersion: String

    /// - Parameters:
    ///   - dataRoot: the directory of the column files; it need not exist.
    ///   - engineVersion: the product's version, which every reply names.
    package init(dataRoot: String, engineVersion: String) {
        store = DataSetStore(root: dataRoot)
        self.engineVersion = engineVersion
    }

    /// Runs one request.
    ///
    /// - Returns: `{"status": "completed", "strategy": …, "data": …, "statistics": …, …}`, or
    ///   `{"status": "rejected" | "failed", "error": {"code", "message", "retryable"}}`.
    package func run(_ request: [UInt8]) -> [UInt8] {
        let parsed: StrategyRequest
        do {
            parsed = try StrategyRequest.parse(request)
        } catch {
            return ReplyWriter.failure(error.problem)
        }
        do {
            return try answer(parsed)
        } catch {
            return ReplyWriter.failure(error)
        }
    }

    private func answer(_ request: StrategyRequest) throws(RequestProblem) -> [UInt8] {
        let (strategy, parameters) = try StrategyRegistry.resolve(
            request.strategy, version: request.strategyVersion, request.parameters)
        switch strategy {
        case let strategy as any TradingStrategy:
            return try backtest(strategy, parameters, request)
        case let strategy as any BareStrategy:
            strategy.perform(parameters)
            return ReplyWriter.completed { $0.strategy(strategy.descriptor, parameters) }
        default:
            throw RequestProblem(.internalError, "the strategy \(request.strategy) cannot be run", isRetryable: true)
        }
    }

    private func backtest(
        _ strategy: any TradingStrategy, _ parameters: Parameters, _ request: StrategyRequest
    ) throws(RequestProblem) -> [UInt8] {
        let settings = try RunSettings(request)
        let selection = try DataSelection(request.section("data"))
        let (data, used) = try open(selection)
        let range = data.range(from: selection.start, through: selection.end)
        guard !range.isEmpty else {
            throw RequestProblem(
                .insufficientData,
                "data has no bars in the range asked for; it has \(data.bars.count) from "
                    + "\(BarTime.text(data.bars.time[0])) to \(BarTime.text(data.bars.time[data.bars.count - 1]))")
        }
        return try data.withBars(range) { bars throws(RequestProblem) in
            let indicators = IndicatorSet(bars: bars, pool: pool)
            let backtest = try Backtest(
                of: strategy, parameters, on: indicators, account: settings.account, workspace: workspace)
            let statistics = backtest.statistics(data.calendar, settings.statistics)
            return ReplyWriter.completed { json in
                json.strategy(strategy.descriptor, parameters)
                json.data(used, bars)
                json.account(settings, data.calendar)
                json.statistics(statistics, bars)
                json.openPosition(backtest.simulation.openPosition, bars)
                json.name("trades")
                if settings.output.trades { json.trades(workspace.trades, bars) } else { json.null() }
                json.curve(settings.output.curve, workspace.equity, bars)
                json.engine(engineVersion)
            }
        }
    }

    private func open(_ selection: DataSelection) throws(RequestProblem) -> (MarketData, UsedData) {
        switch selection.source {
        case .stored(let name, let version):
            let data = try store.dataSet(name, version: version)
            return (data, UsedData(dataset: name.dataset, timeframe: name.timeframe, version: data.version))
        case .inline(let table, let timeframe):
            return (MarketData(table), UsedData(dataset: nil, timeframe: timeframe, version: nil))
        }
    }
}
