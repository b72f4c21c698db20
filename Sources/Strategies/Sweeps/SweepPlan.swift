package import Messages

/// A sweep over one version of a data set, cut into steps.
///
/// Everything about a step follows from the sweep and its number: an interrupted submission can go on anywhere.
package struct SweepPlan: Sendable {
    package let sweep: Sweep
    /// What it is called in every result: the submitter's name, else one that follows from sweep and data.
    package let id: String
    /// The versions every step runs on, of each data set one; nil for inline bars.
    package let versions: [String?]
    /// Bars that one set runs over, of all data sets.
    package let bars: Int
    /// Sets in every step but the last.
    package private(set) var setsPerStep: Int
    private let definition: JSONValue
    /// Follows from the sweep and the version of its data.
    package let digest: String

    /// About 20 ms of work at 25 ns per bar and set.
    static let barsPerStep = 800_000
    /// A step over few bars still answers with a result of bounded size.
    static let mostSetsPerStep = 4096

    /// How long a step over an external strategy ought to take, in ms: its hosts are slow beside the engine, and differ.
    static let externalStepMs = 1000.0
    /// Sets of such a step where nobody has measured one.
    static let unmeasuredSets = 16

    /// Pins the data set's version, the newest where the sweep names none, and cuts the grid.
    ///
    /// - Throws: `unknown_dataset` where the data is not under this root, `insufficient_data` where its range, or what
    ///   is in sample of it or out of sample, is empty.
    package init(_ sweep: Sweep, dataRoot: String) throws(RequestProblem) {
        let parts = try sweep.data.each { _, selection throws(RequestProblem) in
            let data = try selection.data(under: dataRoot)
            let range = data.range(from: selection.start, through: selection.end)
            guard !range.isEmpty else {
                throw RequestProblem(.insufficientData, "the data set has no bars in the range asked for")
            }
            try Self.checkParts(sweep, data, range)
            return (data.version, range.count, min(selection.warmUpBars ?? 0, range.lowerBound))
        }
        self.init(
            sweep, versions: parts.map(\.0), bars: parts.reduce(0) { $0 + $1.1 },
            warmUpBars: parts.reduce(0) { $0 + $1.2 })
    }

    private static func checkParts(
        _ sweep: Sweep, _ data: MarketData, _ range: Range<Int>
    ) throws(RequestProblem) {
        guard let start = sweep.outOfSampleStart else { return }
        let kept = sweep.firstKeptBar(of: data, in: range)
        let span =
            unsafe "\(BarTime.text(data.bars.time[range.lowerBound])) to "
            + BarTime.text(data.bars.time[range.upperBound - 1])
        guard kept > range.lowerBound else {
            throw RequestProblem(
                .insufficientData,
                "out_of_sample.start is \(BarTime.text(start)) and the bars asked for are of \(span): none is before it, "
                    + "so no set could be judged; take a later start")
        }
        guard kept < range.upperBound else {
            throw RequestProblem(
                .insufficientData,
                "out_of_sample.start is \(BarTime.text(start)) and the bars asked for are of \(span): none is kept back; "
                    + "take an earlier start, or leave out_of_sample out")
        }
    }

    /// Of one data set.
    init(_ sweep: Sweep, version: String?, bars: Int, warmUpBars: Int = 0) {
        self.init(sweep, versions: [version], bars: bars, warmUpBars: warmUpBars)
    }

    /// - Parameter warmUpBars: how many bars before these a set's run reads.
    init(_ sweep: Sweep, versions: [String?], bars: Int, warmUpBars: Int) {
        self.sweep = sweep
        self.versions = versions
        self.bars = bars
        let usual =
            sweep.externalStrategy == nil
            ? max(1, Self.barsPerStep / max(1, bars + warmUpBars)) : Self.unmeasuredSets
        setsPerStep = sweep.fitting(sweep.givenSetsPerStep ?? usual)
        let pinned = SweptData.pinned(sweep.definition, to: versions)
        // Another version of a program decides otherwise, and may count its parameters otherwise.
        definition = sweep.externalStrategy.map { Self.pinned(pinned, toStrategy: $0.version) } ?? pinned
        digest = Sweep.digest(of: definition)
        id = sweep.givenID ?? "sweep-" + digest
    }

    private static func pinned(_ definition: JSONValue, toStrategy version: Int) -> JSONValue {
        guard let members = definition.members else { return definition }
        return .object(
            members.map { member in
                guard member.name == "strategy", let known = member.value.members else { return member }
                let rest = known.filter { $0.name != "version" }
                return JSONMember("strategy", .object(rest + [JSONMember("version", .integer(version))]))
            })
    }

    /// The version of the one data set; nil for inline bars, and where there are several.
    package var version: String? { versions.count == 1 ? versions[0] : nil }

    /// What each data set is called; nil for inline bars.
    package var dataNames: [String?] { sweep.data.selections.map(\.dataset) }

    /// Whether sets are ranked by what their figures come to over a list of data sets.
    package var isOfSeveral: Bool { sweep.data.isList }

    /// Whether a measurement says how it is cut: nothing else does.
    package var wantsMeasuring: Bool { sweep.externalStrategy != nil && sweep.givenSetsPerStep == nil }

    /// Cuts it into steps of about a second, at most a quarter of the time that a node gives them.
    ///
    /// - Parameters:
    ///   - setMs: how long one set takes, in ms.
    ///   - timeoutMs: when a node ends a step, unless the sweep's own limits say earlier.
    package mutating func cut(setMs: Double, timeoutMs: Int) {
        let own = definition["limits"]?["timeout_ms"]?.integer ?? timeoutMs
        let budget = min(Self.externalStepMs, Double(max(0, min(timeoutMs, own))) / 4) / max(setMs, 0.01)
        // Beside its sets a step runs the best of them once more, and those it keeps out of sample.
        let runs = Int(min(budget, Double(2 * Self.mostSetsPerStep))) - 1
        let sets =
            sweep.outOfSampleStart == nil
            ? runs : sweep.wantsFigures ? runs / 2 : runs <= 2 * sweep.top ? runs / 2 : runs - sweep.top
        cut(setsPerStep: sets)
    }

    /// Cuts it as it was cut before.
    package mutating func cut(setsPerStep: Int) { self.setsPerStep = sweep.fitting(setsPerStep) }

    /// How a sweep is cut that has this step; nil where it is none. The last step may have fewer sets than the others, but
    /// says where it begins.
    ///
    /// - Parameter place: the member `step` of a step's request, or of its result.
    package static func setsPerStep(ofPlace place: JSONValue?) -> Int? {
        guard let step = place?["step"]?.integer, let first = place?["first"]?.integer,
            let count = place?["count"]?.integer, step >= 0, first >= 0
        else { return nil }
        return step == 0 ? count : first / step
    }

    package var stepCount: Int { (sweep.setCount + setsPerStep - 1) / setsPerStep }

    /// The numbers of the sets of a step.
    package func sets(ofStep step: Int) -> Range<Int> {
        let first = step * setsPerStep
        return first..<min(first + setsPerStep, sweep.setCount)
    }

    /// The same for the same sweep over the same data, whoever submits it and when.
    package func requestID(ofStep step: Int) -> String { StepID(sweep: id, digest: digest, step: step).text }

    /// The request that runs a step: the sweep and the step's place in it, of bounded size.
    ///
    /// Of a sweep in rounds it is that of a first round, as if nothing were known.
    package func request(step: Int) -> [UInt8] {
        let isInRounds = sweep.search.perRound != nil
        return request(step: step, sets: isInRounds ? sets(ofStep: step).map(sweep.positions(of:)) : nil)
    }

    /// - Parameter positions: of its sets, where it has to say them.
    func request(step: Int, sets positions: [[Int]]?) -> [UInt8] {
        let sets = sets(ofStep: step)
        var json = JSONWriter(capacity: 2048)
        json.beginObject()
        json.member("schema_version", StrategyRequest.schemaVersion)
        json.member("type", "optimization")
        json.member("request_id", requestID(ofStep: step))
        json.member("optimization_id", id)
        let written = ["schema_version", "type", "optimization_id", "request_id"]
        for member in definition.members ?? [] where !written.contains(member.name) {
            json.member(member.name, member.value)
        }
        json.name("step")
        json.beginObject()
        json.member("step", step)
        json.member("of", stepCount)
        json.member("first", sets.lowerBound)
        json.member("count", sets.count)
        if let positions {
            json.name("sets")
            json.beginArray()
            for set in positions { json.positions(set) }
            json.endArray()
        }
        json.endObject()
        json.endObject()
        return json.bytes
    }

    /// The request of a single run of one set with its equity curve and trades, for a report.
    ///
    /// - Parameters:
    ///   - parameters: the swept ones, as a result has them; nil: those that its number means.
    ///   - strategy: another strategy without parameters (`buy_and_hold`) over the same data; nil: the set itself.
    ///   - isOutOfSample: over the bars from the sweep's `out_of_sample.start` on, not those before; nil: over all.
    ///   - place: of the data set, where there are several.
    package func backtest(
        ofSet index: Int, parameters: [JSONMember]? = nil, strategy: String? = nil, isOutOfSample: Bool? = nil,
        data place: Int = 0
    ) -> [UInt8] {
        var json = JSONWriter(capacity: 2048)
        json.beginObject()
        json.member("schema_version", StrategyRequest.schemaVersion)
        json.member("request_id", "\(id):\(digest):set:\(index)")
        json.name("strategy")
        json.beginObject()
        json.member("name", strategy ?? sweep.strategy.descriptor.name)
        if strategy == nil { json.parameters(parameters.map(sweep.parameters(swept:)) ?? sweep.parameters(of: index)) }
        json.endObject()
        for name in ["account", "statistics"] {
            if let value = definition[name] { json.member(name, value) }
        }
        json.member("data", data(place, isOutOfSample: isOutOfSample))
        json.member(
            "output", .object([JSONMember("trades", .bool(true)), JSONMember("equity_curve", .string("full"))]))
        json.endObject()
        return json.bytes
    }

    private func data(_ place: Int, isOutOfSample: Bool?) -> JSONValue {
        let section = definition["data"].map { $0.elements?[place] ?? $0 }
        let members = section?.members ?? []
        guard let isOutOfSample, let start = sweep.outOfSampleStart else { return .object(members) }
        let name = isOutOfSample ? "start" : "end"
        let bound = isOutOfSample ? start : start - 1
        let text = Timestamp(milliseconds: bound).rfc3339
        return .object(members.filter { $0.name != name } + [JSONMember(name, .string(text))])
    }
}
