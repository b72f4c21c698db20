import Messages

/// The results of one submission's steps, by the steps' numbers.
struct StepResults: Sendable {
    /// What all steps of a sweep have in common.
    private struct Frame {
        let members: [JSONMember]
        let stepCount: Int
        let setsPerStep: Int
        let objective: Objective
        let top: Int

        subscript(name: String) -> JSONValue? { members.first { $0.name == name }?.value }

        static let names = [
            "strategy", "data", "account", "objective", "grid", "search", "out_of_sample", "top_limit", "engine",
        ]
    }

    private struct Step {
        let counts: JSONValue
        let heatmap: [JSONValue]?
        let firstFailure: JSONValue?
        let dropped: JSONValue?
        /// nil of a node that does not know it yet.
        let luck: StepLuck?
    }

    private struct Ranked {
        let value: Double
        let index: Int
        let entry: JSONValue
        /// As text; nil of a result that has none.
        let parameters: String?
    }

    let id: String
    /// Why the results do not belong together; then they mean nothing.
    private(set) var problem: RequestProblem?
    private var frame: Frame?
    /// What a step's request says, for a sweep whose steps have all failed.
    private var announcedCount: Int?
    private var steps: [Int: Step] = [:]
    private var failures: [Int: SweepMerge.Failure] = [:]
    /// The best sets of all steps, best first, never more than the sweep asks for.
    private var ranked: [Ranked] = []

    init(id: String) { self.id = id }

    var stepCount: Int? { frame?.stepCount ?? announcedCount }
    var completedCount: Int { steps.count }
    var failedSteps: [Int: SweepMerge.Failure] {
        failures.filter { steps[$0.key] == nil && $0.key < stepCount ?? .max }
    }
    var isComplete: Bool { frame.map { steps.count == $0.stepCount } ?? false }
    var top: [JSONValue] { ranked.map(\.entry) }

    mutating func announce(stepCount: Int) { announcedCount = stepCount }

    /// Takes the result of a step that completed.
    mutating func add(_ value: JSONValue, step number: Int) -> SweepMerge.Outcome {
        guard value["step"]?["step"]?.integer == number, let new = Self.frame(of: value), number < new.stepCount,
            let counts = value["counts"], let top = value["top"]?.elements
        else {
            problem =
                problem
                ?? RequestProblem(
                    .invalidRequest,
                    "the result of step \(number) of sweep \(id) lacks what a step's result must have; submit the sweep "
                        + "again under another id")
            return .unrelated
        }
        if let frame {
            problem = problem ?? Self.conflict(new, frame, id)
        } else {
            frame = new
        }
        guard problem == nil, steps[number] == nil else { return .duplicate }
        steps[number] = Step(
            counts: counts, heatmap: value["heatmap"]?.elements,
            firstFailure: value["first_failure"].flatMap { $0.members == nil ? nil : $0 },
            dropped: value["dropped_orders"].flatMap { $0.members == nil ? nil : $0 },
            luck: StepLuck(value["luck"]))
        rank(top, new)
        return .added
    }

    /// Whichever failure of a step comes first: the outcome must not depend on it.
    mutating func add(_ failure: SweepMerge.Failure, step number: Int) -> SweepMerge.Outcome {
        if let known = failures[number], (known.code, known.message) <= (failure.code, failure.message) {
            return .duplicate
        }
        defer { failures[number] = failure }
        return failures[number] == nil ? .added : .duplicate
    }

    /// A step counts once, so what falls out of the best can never be needed again.
    private mutating func rank(_ entries: [JSONValue], _ frame: Frame) {
        let new = entries.compactMap { entry -> Ranked? in
            guard let value = entry["objective"]?.double, let index = entry["index"]?.integer else { return nil }
            return Ranked(value: value, index: index, entry: entry, parameters: entry["parameters"]?.text)
        }
        let sorted = (ranked + new).sorted {
            frame.objective.ranks(($0.value, $0.index), before: ($1.value, $1.index))
        }
        // Drawn a second time it is no other set: the better result stands for it, of equal ones the lower number.
        var known: Set<String> = []
        ranked.removeAll(keepingCapacity: true)
        for entry in sorted where ranked.count < frame.top {
            if let parameters = entry.parameters, !known.insert(parameters).inserted { continue }
            ranked.append(entry)
        }
    }

    private static func frame(of value: JSONValue) -> Frame? {
        guard let stepCount = value["step"]?["of"]?.integer, stepCount > 0,
            let setsPerStep = SweepPlan.setsPerStep(ofPlace: value["step"]),
            let target = value["objective"]?["target"]?.string.flatMap(Statistic.init(rawValue:)),
            let extremum = value["objective"]?["extremum"]?.string.flatMap(Objective.Extremum.init(rawValue:)),
            let top = value["top_limit"]?.integer
        else { return nil }
        return Frame(
            members: Frame.names.map { name in
                let member = value[name] ?? .null
                return JSONMember(name, name == "search" && member == .null ? wholeGrid(value["grid"]) : member)
            }, stepCount: stepCount,
            setsPerStep: setsPerStep, objective: Objective(target: target, extremum: extremum), top: top)
    }

    /// What the result of a node says that knows of no other search: the sets are the same.
    ///
    /// - Returns: null where the grid cannot be read.
    private static func wholeGrid(_ grid: JSONValue?) -> JSONValue {
        guard let axes = grid?.elements, !axes.isEmpty else { return .null }
        var sets = 1
        for axis in axes {
            guard let count = axis["count"]?.integer, count > 0 else { return .null }
            let (product, overflow) = sets.multipliedReportingOverflow(by: count)
            guard !overflow else { return .null }
            sets = product
        }
        return .object([
            JSONMember("method", .string(Search.Method.grid.rawValue)), JSONMember("sets", .integer(sets)),
            JSONMember("seed", .null),
        ])
    }

    private static func conflict(_ new: Frame, _ frame: Frame, _ id: String) -> RequestProblem? {
        for (one, other) in zip(frame.members, new.members) where one != other {
            return RequestProblem(
                .invalidData,
                "the results of sweep \(id) do not belong together: one has \(one.name) \(one.value.text.prefix(300)), "
                    + "another \(other.value.text.prefix(300)); submit the sweep again under another id")
        }
        let words: String
        if frame.stepCount != new.stepCount {
            words = "one counts \(frame.stepCount) steps, another \(new.stepCount)"
        } else if frame.setsPerStep != new.setsPerStep {
            // Sets would be missing, or there twice, though every step is there.
            words = "one is of steps of \(frame.setsPerStep) sets, another of steps of \(new.setsPerStep)"
        } else {
            return nil
        }
        return RequestProblem(
            .invalidData,
            "the results of sweep \(id) do not belong together: \(words); submit the sweep again under another id")
    }
}

extension StepResults {
    /// The merged result as JSON: the same bytes for the same steps, in whatever order they came.
    func merged() -> [UInt8] {
        var json = JSONWriter(capacity: 16_384)
        json.beginObject()
        json.member("schema_version", StrategyRequest.schemaVersion)
        json.member("type", "optimization_merged")
        json.member("optimization_id", id)
        for member in frame?.members ?? [] where member.name != "top_limit" { json.member(member.name, member.value) }
        writeSteps(to: &json)
        writeCounts(to: &json)
        json.member("first_failure", firstFailure ?? .null)
        if let dropped { json.member("dropped_orders", dropped) }
        json.member("top", .array(top))
        json.luck(luck)
        let heatmap = heatmap
        write(heatmap.flatMap(plateau), to: &json)
        json.member("heatmap", heatmap.map { .array($0) } ?? .null)
        json.endObject()
        return json.bytes
    }

    private var heatmap: [JSONValue]? {
        let parts = steps.sorted { $0.key < $1.key }.map(\.value.heatmap)
        return parts.contains { $0 == nil } ? nil : parts.flatMap { $0 ?? [] }
    }

    /// nil where there is no step, or one that does not tell it.
    private var luck: SweepLuck? {
        let parts = steps.sorted { $0.key < $1.key }.map(\.value.luck)
        guard !parts.isEmpty, !parts.contains(where: { $0 == nil }) else { return nil }
        return SweepLuck(parts.compactMap { $0 }, best: ranked.first?.index, tried: count("evaluated"))
    }

    /// nil where no set is ranked, or sets are drawn: hardly one is beside another then.
    private func plateau(_ heatmap: [JSONValue]) -> Plateau? {
        guard let best = ranked.first?.index, let frame, let grid = frame["grid"],
            frame["search"]?["method"]?.string == Search.Method.grid.rawValue
        else { return nil }
        return Plateau(around: best, grid: grid.elements ?? [], heatmap: heatmap)
    }

    private func write(_ plateau: Plateau?, to json: inout JSONWriter) {
        json.name("plateau")
        guard let plateau else { return json.null() }
        json.beginObject()
        json.member("objective_median", plateau.median)
        json.member("neighbours", plateau.neighbours)
        json.member("with_value", plateau.valued)
        json.endObject()
    }

    /// Of the set with the lowest number that could not run.
    private var firstFailure: JSONValue? {
        steps.values.compactMap(\.firstFailure).min { ($0["index"]?.integer ?? .max) < ($1["index"]?.integer ?? .max) }
    }

    /// How many orders of all sets were dropped, and the first one of the set with the lowest number.
    private var dropped: JSONValue? {
        let parts = steps.values.compactMap(\.dropped)
        let first = parts.min { ($0["first_index"]?.integer ?? .max) < ($1["first_index"]?.integer ?? .max) }
        guard let members = first?.members else { return nil }
        return .object(
            members.map { member in
                guard ["sets", "count"].contains(member.name) else { return member }
                return JSONMember(
                    member.name, .integer(parts.reduce(0) { $0 &+ ($1[member.name]?.integer ?? 0) }))
            })
    }

    private func writeSteps(to json: inout JSONWriter) {
        json.name("steps")
        json.beginObject()
        json.member("of", stepCount ?? 0)
        json.member("completed", steps.count)
        json.name("failed")
        json.beginArray()
        for (number, failure) in failedSteps.sorted(by: { $0.key < $1.key }) {
            json.beginObject()
            json.member("step", number)
            json.member("status", failure.status)
            json.member("code", failure.code)
            json.member("message", failure.message)
            json.endObject()
        }
        json.endArray()
        json.endObject()
    }

    private func writeCounts(to json: inout JSONWriter) {
        json.name("counts")
        json.beginObject()
        for name in SweepMerge.countNames { json.member(name, count(name)) }
        json.endObject()
    }

    private func count(_ name: String) -> Int { steps.values.reduce(0) { $0 &+ ($1.counts[name]?.integer ?? 0) } }
}
