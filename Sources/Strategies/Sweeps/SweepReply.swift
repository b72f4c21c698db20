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
        dropped(step.dropped)
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
    private mutating func dropped(_ dropped: SweepStep.Dropped) {
        guard let first = dropped.first else { return }
        name("dropped_orders")
        beginObject()
        member("sets", dropped.sets)
        member("count", dropped.orders)
        member("first_index", first.index)
        droppedOrder(first.orders)
        endObject()
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

    /// Of every set its number, its parameters, and its figures in and out of sample: without names, which would take more
    /// than the numbers.
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
            beginArray()
            integer(entry.index)
            value(.array(sweep.sweptParameters(of: entry.set).map(\.value)))
            figures(entry.statistics)
            if let statistics = entry.outOfSample { figures(statistics) } else { null() }
            endArray()
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
        statisticMembers(entry.statistics)
        endObject()
        droppedOrders(entry.dropped)
        name("out_of_sample")
        if let statistics = entry.outOfSample {
            beginObject()
            statisticMembers(statistics)
            droppedOrders(entry.droppedOutOfSample)
            endObject()
        } else {
            null()
        }
        endObject()
    }
}
