import Messages

/// One step of a sweep at work: its sets, one after the other, over shared indicators.
struct SweepStep {
    /// Which of the sweep's sets a request asks for.
    struct Place: Equatable {
        let step: Int
        let of: Int
        let first: Int
        let count: Int

        init(_ value: JSONValue?, setCount: Int) throws(RequestProblem) {
            guard let value else {
                throw RequestProblem(
                    .invalidRequest,
                    "step is missing; a sweep is sent in steps (optimizer submit cuts it): {\"step\": 0, \"of\": 10, "
                        + "\"first\": 0, \"count\": 372}")
            }
            let section = try SectionReader("step", value, known: ["step", "of", "first", "count", "sets"])
            let most = 0...Sweep.maximumSets
            guard let step = try section.integer("step", in: most), let of = try section.integer("of", in: most),
                let first = try section.integer("first", in: most), let count = try section.integer("count", in: most),
                step < of, count >= 1, first + count <= setCount
            else {
                throw RequestProblem(
                    .invalidRequest,
                    "step must name a part of the sweep's \(setCount) sets: step below of, count at least 1, first + "
                        + "count at most \(setCount)")
            }
            self.step = step
            self.of = of
            self.first = first
            self.count = count
        }
    }

    struct Counts: Equatable {
        var evaluated = 0
        var skipped = 0
        var failed = 0
        var constraintRejected = 0
        /// Evaluated, and the objective has no value.
        var undefined = 0
    }

    /// The sets that could not pay for an order; constraints and ranking do not matter.
    struct Dropped {
        var sets = 0
        var orders = 0
        var first: (index: Int, orders: DroppedOrders)?

        mutating func add(_ dropped: DroppedOrders?, _ index: Int) {
            guard let dropped else { return }
            sets += 1
            orders += dropped.count
            first = first ?? (index, dropped)
        }
    }

    /// One of the best sets, or of all.
    struct Entry {
        let set: SweepSet
        let value: Double
        let statistics: Statistics
        let dropped: DroppedOrders?
        var outOfSample: Statistics?
        var droppedOutOfSample: DroppedOrders?

        var index: Int { self.set.index }
    }

    let sweep: Sweep
    let place: Place
    private(set) var counts = Counts()
    /// The first set that could not run, and why.
    private(set) var firstFailure: (index: Int, problem: SetFailure)?
    private(set) var dropped = Dropped()
    private(set) var luck = StepLuck()
    private(set) var outOfSampleBars = 0
    /// The best first.
    private(set) var best: [Entry] = []
    /// Of every set that ran, where the sweep wants them.
    private(set) var figures: [Entry] = []
    /// The value is NaN where the set has none, or a constraint turned it down.
    private(set) var heatmap: [(index: Int, positions: [Int], value: Double)] = []

    /// Of an external strategy's sweep: who decides.
    private let questions: SetQuestions?

    init(_ sweep: Sweep, _ place: Place, questions: SetQuestions? = nil) {
        self.sweep = sweep
        self.place = place
        self.questions = questions
    }

    /// Evaluates every set of the step on the bars before the out-of-sample part.
    mutating func run(
        on indicators: IndicatorSet, _ calendar: Calendar, _ settings: RunSettings, _ workspace: Workspace
    ) {
        let parts = parts
        // The next round is not to ask for it again.
        let isInRounds = sweep.search.perRound != nil
        let sample = SetSample(of: sweep.setCount)
        let blocks = unsafe ReturnBlocks(indicators.traded.time, calendar)
        let years = Double(settings.statistics.annualTradingDays ?? calendar.annualTradingDays)
        for index in place.first..<place.first + place.count {
            let set = sweep.set(index)
            guard set.isAdmitted else {
                counts.skipped += 1
                if isInRounds { heatmap.append((index, set.positions, .nan)) }
                continue
            }
            let isSampled = sample.contains(index)
            if isSampled { blocks?.begin() }
            // A set that cannot run (too few bars) is counted; it does not stop the others.
            do throws(SetFailure) {
                let backtest = try backtest(set.parameters, indicators, settings, workspace)
                counts.evaluated += 1
                dropped.add(backtest.simulation.dropped, index)
                let ranked = backtest.statistics(
                    calendar, settings.statistics, parts: isSampled ? parts.union(.returns) : parts,
                    blocks: isSampled ? blocks : nil)
                luck.sharpe.add(ranked.sharpeRatioSimple / years.squareRoot())
                if isSampled, let blocks { keep(blocks, of: backtest, calendar, index) }
                let position = place(of: ranked, set)
                // Only the best have all their figures worked out: they cost as much as the run.
                guard position != nil || sweep.wantsFigures else { continue }
                let statistics = backtest.statistics(calendar, settings.statistics)
                let entry = Entry(
                    set: set, value: ranked[sweep.objective.target], statistics: statistics,
                    dropped: backtest.simulation.dropped)
                if sweep.wantsFigures { figures.append(entry) }
                guard let position else { continue }
                best.insert(entry, at: position)
                if best.count > sweep.top { best.removeLast() }
            } catch {
                counts.failed += 1
                if isInRounds { heatmap.append((index, set.positions, .nan)) }
                firstFailure = firstFailure ?? (index, error)
            }
        }
        luck.riskFree = settings.statistics.riskFreeRate / years
        luck.periods = blocks?.periods ?? []
        measureBest(indicators, calendar, settings, workspace)
    }

    private mutating func keep(_ blocks: ReturnBlocks, of backtest: Backtest, _ calendar: Calendar, _ index: Int) {
        // Who is ruined has no ratios of returns, and has returns.
        if !blocks.isRecorded {
            _ = unsafe PeriodReturns(
                backtest.simulation.workspace.equity, backtest.simulation.bars.time, calendar, blocks)
        }
        luck.keep(blocks, of: index)
    }

    /// Runs the step's best set once more for the moments of its returns: the best of all steps is one of these.
    private mutating func measureBest(
        _ indicators: IndicatorSet, _ calendar: Calendar, _ settings: RunSettings, _ workspace: Workspace
    ) {
        guard let set = best.first?.set,
            (try? backtest(set.parameters, indicators, settings, workspace)) != nil
        else { return }
        let returns = unsafe PeriodReturns.values(workspace.equity, indicators.traded.time, calendar)
        luck.best = ReturnMoments(returns, riskFree: luck.riskFree).map { (set.index, $0) }
    }

    /// Tries the best sets on the bars they were not chosen by; every set, where all figures are wanted.
    mutating func tryOutOfSample(
        on indicators: IndicatorSet, _ calendar: Calendar, _ settings: RunSettings, _ workspace: Workspace
    ) {
        outOfSampleBars = indicators.traded.count
        figures = figures.map { tried($0, on: indicators, calendar, settings, workspace) }
        best = best.map { entry in
            figures.first { $0.index == entry.index } ?? tried(entry, on: indicators, calendar, settings, workspace)
        }
    }

    private func tried(
        _ entry: Entry, on indicators: IndicatorSet, _ calendar: Calendar, _ settings: RunSettings,
        _ workspace: Workspace
    ) -> Entry {
        guard let backtest = try? backtest(entry.set.parameters, indicators, settings, workspace) else { return entry }
        var entry = entry
        entry.outOfSample = backtest.statistics(calendar, settings.statistics)
        entry.droppedOutOfSample = backtest.simulation.dropped
        return entry
    }

    private func backtest(
        _ parameters: Parameters, _ indicators: IndicatorSet, _ settings: RunSettings, _ workspace: Workspace
    ) throws(SetFailure) -> Backtest {
        switch sweep.strategy {
        case .builtIn(let strategy):
            try unlessRefused { () throws(RequestProblem) in
                try Backtest(
                    of: strategy, parameters, on: indicators, account: settings.account, workspace: workspace)
            }
        case .external(let descriptor):
            try backtest(questions, descriptor, parameters, indicators, settings, workspace)
        }
    }

    private func backtest(
        _ questions: SetQuestions?, _ descriptor: StrategyDescriptor, _ parameters: Parameters,
        _ indicators: IndicatorSet, _ settings: RunSettings, _ workspace: Workspace
    ) throws(SetFailure) -> Backtest {
        guard let questions else {
            throw SetFailure(RequestProblem(.internalError, "nobody can be asked what \(descriptor.name) decides"))
        }
        let orders = try questions.orders(of: parameters, over: indicators)
        return try unlessRefused { () throws(RequestProblem) in
            try Backtest(of: orders, on: indicators, account: settings.account, workspace: workspace)
        }
    }

    private func unlessRefused(_ run: () throws(RequestProblem) -> Backtest) throws(SetFailure) -> Backtest {
        do throws(RequestProblem) {
            return try run()
        } catch {
            throw SetFailure(error)
        }
    }

    /// What the sets are ranked by.
    private var parts: StatisticParts {
        sweep.constraints.reduce(sweep.objective.target.parts) { $0.union($1.target.parts) }
    }

    /// Counts a set, and finds its place among the best; nil where it has none.
    private mutating func place(of statistics: Statistics, _ set: SweepSet) -> Int? {
        let index = set.index
        let value = statistics[sweep.objective.target]
        let holds = sweep.constraints.allSatisfy { $0.holds(for: statistics) }
        // What cannot win must not shape the picture of what can.
        if sweep.wantsHeatmap { heatmap.append((index, set.positions, holds ? value : .nan)) }
        guard value.isFinite else {
            counts.undefined += 1
            return nil
        }
        guard holds else {
            counts.constraintRejected += 1
            return nil
        }
        let objective = sweep.objective
        if best.count == sweep.top, let last = best.last,
            !objective.ranks((value, index), before: (last.value, last.index))
        {
            return nil
        }
        // Drawn a second time it is no other set.
        if let known = best.firstIndex(where: { $0.set.parameters == set.parameters }) {
            guard objective.ranks((value, index), before: (best[known].value, best[known].index)) else { return nil }
            best.remove(at: known)
        }
        return best.firstIndex { objective.ranks((value, index), before: ($0.value, $0.index)) } ?? best.count
    }
}
