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
        var first: (index: Int, orders: SetDropped)?

        mutating func add(_ runs: [SetRun], _ index: Int) {
            guard let dropped = SetDropped(runs) else { return }
            sets += 1
            orders += dropped.count
            first = first ?? (index, dropped)
        }
    }

    /// One of the best sets, or of all.
    struct Entry {
        let set: SweepSet
        let value: Double
        /// On each data set.
        let runs: [SetRun]
        /// The same; nil where it could not be run on one of them.
        var outOfSample: [SetRun]?

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

    /// Evaluates every set of the step on the bars before the out-of-sample part, of each data set.
    mutating func run(on bars: [SweptBars], _ settings: RunSettings, _ workspace: Workspace) {
        // The next round is not to ask for it again.
        let isInRounds = sweep.search.perRound != nil
        let sample = SetSample(of: sweep.setCount)
        var recorder = LuckRecorder(bars, settings.statistics)
        for index in place.first..<place.first + place.count {
            let set = sweep.set(index)
            guard set.isAdmitted else {
                counts.skipped += 1
                if isInRounds { heatmap.append((index, set.positions, .nan)) }
                continue
            }
            recorder.begin(isSampled: sample.contains(index))
            // A set that cannot run (too few bars) is counted; it does not stop the others.
            do throws(SetFailure) {
                let (runs, last) = try evaluate(set, bars, settings, workspace, &recorder)
                counts.evaluated += 1
                dropped.add(runs, index)
                recorder.end(runs, index, in: &luck)
                take(runs, of: set, last, bars, settings)
            } catch {
                counts.failed += 1
                if isInRounds { heatmap.append((index, set.positions, .nan)) }
                firstFailure = firstFailure ?? (index, error)
            }
        }
        luck.riskFree = recorder.riskFree
        luck.periods = recorder.periods
        measureBest(bars, settings, workspace, &recorder)
    }

    /// Runs a set on each data set.
    ///
    /// - Returns: what it is ranked by, and the last run.
    /// - Throws: why it cannot run on one of them: then it has no value that others could be compared with.
    private func evaluate(
        _ set: SweepSet, _ bars: [SweptBars], _ settings: RunSettings, _ workspace: Workspace,
        _ recorder: inout LuckRecorder
    ) throws(SetFailure) -> ([SetRun], Backtest) {
        var runs: [SetRun] = []
        var last: Backtest?
        for place in bars.indices {
            let backtest = try backtest(set.parameters, bars, place, settings, workspace)
            let statistics = backtest.statistics(
                bars[place].calendar, settings.statistics, parts: parts.union(recorder.parts), blocks: recorder.blocks)
            runs.append(SetRun(statistics: statistics, dropped: backtest.simulation.dropped))
            recorder.take(backtest, of: place)
            last = backtest
        }
        guard let last else { throw SetFailure(RequestProblem(.internalError, "a sweep without a data set")) }
        return (runs, last)
    }

    /// Ranks a set.
    private mutating func take(
        _ runs: [SetRun], of set: SweepSet, _ last: Backtest, _ bars: [SweptBars], _ settings: RunSettings
    ) {
        let statistics = runs.map(\.statistics)
        let value = sweep.objective.value(of: statistics)
        let position = place(value, statistics, set)
        guard position != nil || sweep.wantsFigures else { return }
        var runs = runs
        // Only the best have all their figures worked out: they cost as much as the run.
        if bars.count == 1 { runs[0].statistics = last.statistics(bars[0].calendar, settings.statistics) }
        let entry = Entry(set: set, value: value, runs: runs)
        if sweep.wantsFigures { figures.append(entry) }
        guard let position else { return }
        best.insert(entry, at: position)
        if best.count > sweep.top { best.removeLast() }
    }

    /// Runs the step's best set once more for the moments of its returns: the best of all steps is one of these.
    private mutating func measureBest(
        _ bars: [SweptBars], _ settings: RunSettings, _ workspace: Workspace, _ recorder: inout LuckRecorder
    ) {
        guard let set = best.first?.set else { return }
        recorder.begin(isSampled: bars.count > 1)
        var last: Backtest?
        for place in bars.indices {
            guard let backtest = try? backtest(set.parameters, bars, place, settings, workspace) else { return }
            recorder.take(backtest, of: place)
            last = backtest
        }
        guard let last else { return }
        luck.best = ReturnMoments(recorder.returns(last), riskFree: luck.riskFree).map { (set.index, $0) }
    }

    /// Tries the best sets on the bars they were not chosen by; every set, where all figures are wanted.
    mutating func tryOutOfSample(on bars: [SweptBars], _ settings: RunSettings, _ workspace: Workspace) {
        outOfSampleBars = bars.reduce(.max) { min($0, $1.indicators.traded.count) }
        figures = figures.map { tried($0, on: bars, settings, workspace) }
        best = best.map { entry in
            figures.first { $0.index == entry.index } ?? tried(entry, on: bars, settings, workspace)
        }
    }

    private func tried(
        _ entry: Entry, on bars: [SweptBars], _ settings: RunSettings, _ workspace: Workspace
    ) -> Entry {
        var runs: [SetRun] = []
        for place in bars.indices {
            guard let backtest = try? backtest(entry.set.parameters, bars, place, settings, workspace) else {
                return entry
            }
            runs.append(
                SetRun(
                    statistics: backtest.statistics(bars[place].calendar, settings.statistics),
                    dropped: backtest.simulation.dropped))
        }
        var entry = entry
        entry.outOfSample = runs
        return entry
    }

    /// - Throws: why it cannot run, with the name of the data set where there are several.
    private func backtest(
        _ parameters: Parameters, _ bars: [SweptBars], _ place: Int, _ settings: RunSettings, _ workspace: Workspace
    ) throws(SetFailure) -> Backtest {
        do throws(SetFailure) {
            return try backtest(parameters, bars[place].indicators, place, settings, workspace)
        } catch {
            guard sweep.data.isList else { throw error }
            throw SetFailure(code: error.code, message: "\(sweep.data.name(place)): \(error.message)")
        }
    }

    private func backtest(
        _ parameters: Parameters, _ indicators: IndicatorSet, _ place: Int, _ settings: RunSettings,
        _ workspace: Workspace
    ) throws(SetFailure) -> Backtest {
        switch sweep.strategy {
        case .builtIn(let strategy):
            return try unlessRefused { () throws(RequestProblem) in
                try Backtest(
                    of: strategy, parameters, on: indicators, account: settings.account, workspace: workspace)
            }
        case .external(let descriptor):
            guard let questions else {
                throw SetFailure(
                    RequestProblem(.internalError, "nobody can be asked what \(descriptor.name) decides"))
            }
            let orders = try questions.orders(of: parameters, over: indicators, of: place)
            return try unlessRefused { () throws(RequestProblem) in
                try Backtest(of: orders, on: indicators, account: settings.account, workspace: workspace)
            }
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
    private mutating func place(_ value: Double, _ statistics: [Statistics], _ set: SweepSet) -> Int? {
        let index = set.index
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
