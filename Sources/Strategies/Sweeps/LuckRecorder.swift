/// Takes the returns of a step's sets for `StepLuck` as they are run: of one data set its own, of several those of a portfolio
/// of them.
struct LuckRecorder {
    /// Of one data set: what a sampled run is recorded in; nil where there are too few bars.
    private let own: ReturnBlocks?
    private let calendar: Calendar
    /// Of several.
    private var portfolio: PortfolioReturns?
    private let periodsPerYear: Double
    private var isSampled = false

    /// Of one period.
    let riskFree: Double
    /// How many returns each block has.
    let periods: [Int]

    init(_ bars: [SweptBars], _ settings: StatisticsSettings) {
        calendar = bars[0].calendar
        let tradingDays = settings.annualTradingDays ?? bars.reduce(0) { max($0, $1.calendar.annualTradingDays) }
        periodsPerYear = Double(tradingDays)
        riskFree = settings.riskFreeRate / periodsPerYear
        guard bars.count > 1 else {
            own = unsafe ReturnBlocks(bars[0].indicators.traded.time, calendar)
            periods = own?.periods ?? []
            return
        }
        own = nil
        let portfolio = PortfolioReturns(bars)
        periods = portfolio.periods
        self.portfolio = portfolio
    }

    /// What a run's statistics record its returns in.
    var blocks: ReturnBlocks? { isSampled ? own : nil }

    /// What has to be worked out of a run, beside what it is ranked by. Of several data sets it is all: the workspace has the
    /// last run only.
    var parts: StatisticParts { portfolio != nil ? .all : isSampled ? .returns : [] }

    /// Called before the runs of a set.
    mutating func begin(isSampled: Bool) {
        self.isSampled = isSampled
        guard isSampled else { return }
        own?.begin()
        portfolio?.begin()
    }

    /// Takes the run that is in the workspace, on the data set of that place, once its statistics are there.
    mutating func take(_ backtest: Backtest, of place: Int) {
        guard isSampled else { return }
        let simulation = backtest.simulation
        unsafe portfolio?.add(simulation.workspace.equity, of: place)
        // Who is ruined has no ratios of returns, and has returns.
        if let own, !own.isRecorded {
            _ = unsafe PeriodReturns(simulation.workspace.equity, simulation.bars.time, calendar, own)
        }
    }

    /// Writes down what was taken of a set.
    func end(_ runs: [SetRun], _ index: Int, in luck: inout StepLuck) {
        guard let portfolio else {
            luck.sharpe.add(runs[0].statistics.sharpeRatioSimple / periodsPerYear.squareRoot())
            if isSampled, let own { luck.keep(own, of: index) }
            return
        }
        guard isSampled else { return }
        if let moments = ReturnMoments(portfolio.values, riskFree: riskFree) { luck.sharpe.add(moments.sharpe) }
        if !periods.isEmpty { luck.keep(portfolio.blockSums, of: index) }
    }

    /// The returns of the set that was taken last.
    ///
    /// - Parameter last: its last run.
    func returns(_ last: Backtest) -> [Double] {
        let simulation = last.simulation
        return unsafe portfolio?.values
            ?? PeriodReturns.values(simulation.workspace.equity, simulation.bars.time, calendar)
    }
}
