import Messages

extension JSONWriter {
    /// A step's answer: what a merge needs, and the rest of the sweep's frame so that a merge needs nothing else.
    mutating func step(_ step: SweepStep) {
        let sweep = step.sweep
        name("optimization_id")
        if let id = sweep.givenID { string(id) } else { null() }
        name("step")
        beginObject()
        member("step", step.place.step)
        member("of", step.place.of)
        member("first", step.place.first)
        member("count", step.place.count)
        endObject()
        name("objective")
        beginObject()
        member("target", sweep.objective.target.rawValue)
        member("extremum", sweep.objective.extremum.rawValue)
        if let aggregate = sweep.objective.aggregate { member("aggregate", aggregate.rawValue) }
        endObject()
        name("grid")
        beginArray()
        for axis in sweep.axes { self.axis(axis) }
        endArray()
        search(sweep.search, sets: sweep.setCount)
        name("out_of_sample")
        if let start = sweep.outOfSampleStart {
            beginObject()
            member("start", BarTime.text(start))
            member("bars", step.outOfSampleBars)
            endObject()
        } else {
            null()
        }
        member("top_limit", sweep.top)
        counts(step.counts)
        firstFailure(step.firstFailure)
        dropped(step.dropped, sweep)
        luck(step.luck)
        name("top")
        beginArray()
        for entry in step.best { self.entry(entry, sweep) }
        endArray()
        if sweep.wantsFigures { figures(step.figures, sweep) }
        name("heatmap")
        guard sweep.wantsHeatmap else { return null() }
        beginArray()
        for cell in step.heatmap {
            beginArray()
            integer(cell.index)
            double(cell.value)
            if sweep.search.isDrawn { positions(cell.positions) }
            endArray()
        }
        endArray()
    }

    /// Of what is no grid nobody else could tell where on it a set is.
    mutating func positions(_ positions: [Int]) {
        beginArray()
        for position in positions { integer(position) }
        endArray()
    }

    mutating func axis(_ axis: SweepAxis) {
        beginObject()
        member("name", axis.name)
        switch axis.values {
        case .integers(let minimum, let maximum, let step):
            member("min", minimum)
            member("max", maximum)
            member("step", step)
        case .decimals(let range):
            member("min", range.minimum)
            member("max", range.maximum)
            member("step", range.step)
        case .numbers(let minimum, let maximum, let step):
            member("min", minimum)
            member("max", maximum)
            member("step", step)
        case .list(let values): member("values", .array(values))
        }
        member("count", axis.count)
        endObject()
    }

    private mutating func firstFailure(_ failure: (index: Int, problem: SetFailure)?) {
        name("first_failure")
        guard let failure else { return null() }
        beginObject()
        member("index", failure.index)
        member("code", failure.problem.code)
        member("message", failure.problem.message)
        endObject()
    }

    /// Writes nothing where no set dropped an order.
    private mutating func dropped(_ dropped: SweepStep.Dropped, _ sweep: Sweep) {
        guard let first = dropped.first else { return }
        name("dropped_orders")
        beginObject()
        member("sets", dropped.sets)
        member("count", dropped.orders)
        member("first_index", first.index)
        firstDropped(first.orders, sweep)
        endObject()
    }

    /// Writes nothing where there are none.
    private mutating func droppedOrders(_ runs: [SetRun], _ sweep: Sweep) {
        guard let dropped = SetDropped(runs) else { return }
        name("dropped_orders")
        beginObject()
        member("count", dropped.count)
        firstDropped(dropped, sweep)
        endObject()
    }

    private mutating func firstDropped(_ dropped: SetDropped, _ sweep: Sweep) {
        if sweep.data.isList { member("data", dropped.place) }
        droppedOrder(dropped.first)
    }

    private mutating func counts(_ counts: SweepStep.Counts) {
        name("counts")
        beginObject()
        member("evaluated", counts.evaluated)
        member("skipped", counts.skipped)
        member("failed", counts.failed)
        member("constraint_rejected", counts.constraintRejected)
        member("undefined", counts.undefined)
        endObject()
    }

    /// Of every set its number, its parameters, and its figures in and out of sample, of several data sets on each, with its
    /// place behind them: without names, which would take more than the numbers.
    private mutating func figures(_ entries: [SweepStep.Entry], _ sweep: Sweep) {
        name("figures")
        beginObject()
        name("names")
        beginArray()
        for statistic in Statistic.allCases { string(statistic.rawValue) }
        endArray()
        name("sets")
        beginArray()
        for entry in entries {
            for (place, run) in entry.runs.enumerated() {
                beginArray()
                integer(entry.index)
                value(.array(sweep.sweptParameters(of: entry.set).map(\.value)))
                figures(run.statistics)
                if let kept = entry.outOfSample { figures(kept[place].statistics) } else { null() }
                if sweep.data.isList { integer(place) }
                endArray()
            }
        }
        endArray()
        endObject()
    }

    private mutating func figures(_ statistics: Statistics) {
        beginArray()
        for statistic in Statistic.allCases {
            if statistic == .tradeCount { integer(statistics.trades.count) } else { double(statistics[statistic]) }
        }
        endArray()
    }

    private mutating func entry(_ entry: SweepStep.Entry, _ sweep: Sweep) {
        beginObject()
        member("index", entry.index)
        member("parameters", .object(sweep.sweptParameters(of: entry.set)))
        member("objective", entry.value)
        name("statistics")
        beginObject()
        figures(of: entry.runs, sweep)
        endObject()
        droppedOrders(entry.runs, sweep)
        name("out_of_sample")
        if let runs = entry.outOfSample {
            beginObject()
            figures(of: runs, sweep)
            droppedOrders(runs, sweep)
            endObject()
        } else {
            null()
        }
        if sweep.data.isList { datasets(entry, sweep) }
        endObject()
    }

    /// All figures; of several data sets what each comes to.
    private mutating func figures(of runs: [SetRun], _ sweep: Sweep) {
        guard let aggregate = sweep.objective.aggregate else { return statisticMembers(runs[0].statistics) }
        for statistic in Statistic.allCases {
            member(statistic.rawValue, aggregate(runs.map { $0.statistics[statistic] }))
        }
    }

    private mutating func datasets(_ entry: SweepStep.Entry, _ sweep: Sweep) {
        name("datasets")
        beginArray()
        for (place, run) in entry.runs.enumerated() {
            beginObject()
            name("dataset")
            if let dataset = sweep.data.selections[place].dataset { string(dataset) } else { null() }
            member("objective", run.statistics[sweep.objective.target])
            name("statistics")
            keyFigures(run.statistics, sweep)
            name("out_of_sample")
            if let kept = entry.outOfSample { keyFigures(kept[place].statistics, sweep) } else { null() }
            endObject()
        }
        endArray()
    }

    private mutating func keyFigures(_ statistics: Statistics, _ sweep: Sweep) {
        beginObject()
        for statistic in sweep.keyFigures { self.figure(statistic, of: statistics) }
        endObject()
    }
}
