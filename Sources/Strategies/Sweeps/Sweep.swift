package import Messages

/// A sweep: one strategy over a grid of parameters, and what is looked for.
///
/// Its sets are numbered 0 to `setCount - 1`; a number means the same set everywhere (`SetSequence`). Sets that break a
/// rule between parameters keep their number and are skipped.
package struct Sweep: Sendable {
    /// More sets than this are refused.
    package static let maximumSets = 100_000_000

    /// What every reader of JSON takes for an integer: an axis that sets are drawn from has at most so many values.
    package static let largestInteger = 9_007_199_254_740_991

    /// Every step's request and result carries the lists.
    static let mostListBytes = 32_768

    /// A step's result has to fit into a Kafka message (`StepSize`).
    static let mostTop = 200

    /// What the submitter calls it; the plan makes a name from the content where this is nil.
    package let givenID: String?
    /// How many sets are run, skipped ones included.
    package var setCount: Int { sets.count }
    /// How many best sets are kept.
    package let top: Int
    let strategy: SweptStrategy
    let fixed: Parameters
    let axes: [SweepAxis]
    let search: Search
    private let sets: SetSequence
    let conditions: [ParameterCondition]
    let objective: Objective
    let constraints: [ResultCondition]
    let outOfSampleStart: Int64?
    let data: SweptData
    /// Sets in every step but the last, where the sweep says so.
    package let givenSetsPerStep: Int?
    /// A step answers with a result of bounded size.
    let mostSetsPerStep: Int
    let wantsHeatmap: Bool
    /// Whether steps answer with all figures of every set.
    let wantsFigures: Bool
    /// As it was submitted; steps are made from it.
    let definition: JSONValue

    /// Of which sets all figures are told.
    private enum Figures: String, CaseIterable { case best, all }

    private static let sections = [
        "schema_version", "type", "optimization_id", "strategy", "data", "account", "statistics", "parameters",
        "parameter_constraints", "objective", "constraints", "search", "out_of_sample", "output", "limits", "labels",
        "expires_at", WalkForwardPart.member,
    ]

    /// Reads a sweep's definition and checks all of it, down to every parameter's range.
    ///
    /// - Parameter external: the strategies that are not built in and that this machine knows.
    /// - Throws: what is wrong, where, and what would be right.
    package static func parse(
        _ bytes: [UInt8], external: [StrategyDescriptor] = []
    ) throws(RequestProblem) -> Sweep {
        let value: JSONValue
        do {
            value = try JSONValue.parse(bytes)
        } catch {
            throw RequestProblem(.invalidJSON, "the sweep is not valid JSON: \(error)")
        }
        guard let members = value.members else {
            throw RequestProblem(.invalidRequest, "the sweep is \(value.kindName), must be an object")
        }
        for member in members where !sections.contains(member.name) && member.name != "request_id" {
            throw RequestProblem(.invalidRequest, "the sweep has " + unknownMember(member.name, known: sections))
        }
        for (index, member) in members.enumerated() where members[..<index].contains(where: { $0.name == member.name })
        {
            throw RequestProblem(.invalidRequest, "\(member.name) is given twice; give it once")
        }
        guard value["type"]?.string == "optimization" else {
            throw RequestProblem(.invalidRequest, "type must be \"optimization\" for a sweep")
        }
        // The request reader checks what sweeps and single runs share; it wants an id.
        let kept = sections.compactMap { name in members.first { $0.name == name } }
        let request = JSONValue.object(kept + [JSONMember("request_id", .string("sweep"))])
        do {
            return try Sweep(
                StrategyRequest.parse(Array(request.text.utf8)), external: external, definition: .object(kept))
        } catch let error as UnreadableRequest {
            throw error.problem
        } catch let error as RequestProblem {
            throw error
        } catch {
            throw RequestProblem(.internalError, "\(error)")
        }
    }

    /// Reads the sweep's parts of a step's request.
    init(
        _ request: StrategyRequest, external: [StrategyDescriptor] = [], definition: JSONValue
    ) throws(RequestProblem) {
        (strategy, fixed) = try SweptStrategy.resolve(request, external: external)
        self.definition = definition
        let descriptor = strategy.descriptor
        let section = try SectionReader("search", request.section("search"), known: Search.members)
        let search = try Search(section)
        self.search = search
        axes = try Self.list("parameters", request, 1...16) { value, path throws(RequestProblem) in
            try SweepAxis(value, path, descriptor, isDrawn: search.isDrawn)
        }
        try Self.checkNames(axes, given: request.parameters)
        try Self.checkRequired(descriptor, axes, given: request.parameters)
        try Self.checkLists(axes)
        sets = try SetSequence(search, axes, step: request.section("step"))
        conditions = try Self.list("parameter_constraints", request, 0...64) { value, path throws(RequestProblem) in
            try ParameterCondition(value, path, descriptor)
        }
        data = try SweptData(request.section("data"))
        let isOfSeveral = data.isList
        objective = try Objective(request.section("objective"), isOfSeveral: isOfSeveral)
        constraints = try Self.list("constraints", request, 0...64) { value, path throws(RequestProblem) in
            try ResultCondition(value, path, isOfSeveral: isOfSeveral)
        }
        outOfSampleStart = try Self.outOfSample(request.section("out_of_sample"))
        let output = try SectionReader("output", request.section("output"), known: OutputSettings.members)
        let givenTop = try output.integer("top", in: 1...Self.mostTop)
        // The next round is drawn from it.
        wantsHeatmap = try output.boolean("heatmap") ?? false || search.perRound != nil
        wantsFigures = try output.word("figures", of: Figures.allCases) == .all
        let parts = outOfSampleStart == nil ? 1 : 2
        let entryBytes = StepSize.entryBytes(
            of: data, figures: Self.keyFigures(objective, constraints).count, parts: parts)
        let mostTop = StepSize.mostTop(entryBytes)
        top = givenTop ?? min(20, mostTop)
        guard top <= mostTop else {
            throw output.wrong(
                "top",
                "an integer from 1 to \(mostTop): with their figures on each of \(data.count) data sets no more fit into a "
                    + "Kafka message of 1 MB")
        }
        let size = StepSize(
            axes, search, bestBytes: top * entryBytes, isMapped: wantsHeatmap,
            figures: wantsFigures ? parts : 0, rows: data.count)
        mostSetsPerStep = size.mostSets
        givenSetsPerStep = try section.integer("sets_per_step", in: 1...SweepPlan.mostSetsPerStep)
        guard givenSetsPerStep ?? 1 <= size.mostSets else {
            throw section.wrong("sets_per_step", "an integer from 1 to \(size.mostSets)\(size.reason)")
        }
        // What steps will read is checked here, before a thousand of them are sent.
        _ = try RunSettings(request)
        givenID = try Self.identifier(request)
    }

    /// What is told of one of the best sets on each of several data sets: what it is judged by, and what everyone asks for.
    var keyFigures: [Statistic] { Self.keyFigures(objective, constraints) }

    private static func keyFigures(_ objective: Objective, _ constraints: [ResultCondition]) -> [Statistic] {
        let wanted =
            [objective.target, .sharpeRatio, .returnPct, .maxDrawdownPct, .tradeCount] + constraints.map(\.target)
        return Statistic.allCases.filter { wanted.contains($0) }
    }

    /// Every set has to have each parameter that has no default.
    private static func checkRequired(
        _ descriptor: StrategyDescriptor, _ axes: [SweepAxis], given: [JSONMember]
    ) throws(RequestProblem) {
        let there = axes.map(\.name) + given.map(\.name)
        for parameter in descriptor.parameters where parameter.defaultValue == nil && !there.contains(parameter.name) {
            throw RequestProblem(
                .invalidParameters,
                "\(parameter.name) is missing; \(descriptor.name) needs \(parameter.expectation): sweep it in parameters, "
                    + "or fix it in strategy.parameters")
        }
    }

    private static func list<Element>(
        _ name: String, _ request: StrategyRequest, _ counts: ClosedRange<Int>,
        _ read: (JSONValue, String) throws(RequestProblem) -> Element
    ) throws(RequestProblem) -> [Element] {
        let value = try request.section(name) ?? .array([])
        guard let elements = value.elements, counts.contains(elements.count) else {
            throw RequestProblem(
                .invalidRequest, "\(name) must be a list of \(counts.lowerBound) to \(counts.upperBound) objects")
        }
        var list: [Element] = []
        for (index, element) in elements.enumerated() { list.append(try read(element, "\(name)[\(index)]")) }
        return list
    }

    private static func checkNames(_ axes: [SweepAxis], given: [JSONMember]) throws(RequestProblem) {
        for (index, axis) in axes.enumerated() {
            if axes[..<index].contains(where: { $0.name == axis.name }) {
                throw RequestProblem(.invalidRequest, "parameters[\(index)]: \(axis.name) is swept twice")
            }
            if given.contains(where: { $0.name == axis.name }) {
                throw RequestProblem(
                    .invalidRequest,
                    "parameters[\(index)]: \(axis.name) is fixed in strategy.parameters too; give it in one place")
            }
        }
    }

    private static func checkLists(_ axes: [SweepAxis]) throws(RequestProblem) {
        let bytes = axes.reduce(0) { $0 + $1.listBytes }
        guard bytes <= mostListBytes else {
            throw RequestProblem(
                .invalidRequest,
                "the lists in parameters[].values have \(bytes) bytes, must have at most \(mostListBytes) together, since "
                    + "every step carries them; give min, max and step, or cut the sweep into several")
        }
    }

    private static func outOfSample(_ value: JSONValue?) throws(RequestProblem) -> Int64? {
        guard let value else { return nil }
        let section = try SectionReader("out_of_sample", value, known: ["start"])
        guard let text = section["start"]?.string, let time = BarTime.parse(text) else {
            throw section.wrong("start", "a date like \"2016-01-01\" from which on the best sets are tried")
        }
        return time.milliseconds
    }

    private static func identifier(_ request: StrategyRequest) throws(RequestProblem) -> String? {
        guard let value = try request.section("optimization_id") else { return nil }
        guard let id = value.string, isIdentifier(id) else {
            throw RequestProblem(
                .invalidRequest,
                "optimization_id is \(value.text.cut(toBytes: 60)), must be 1 to 128 letters, digits, '.', '_', ':' or "
                    + "'-', beginning with a letter or a digit")
        }
        return id
    }

    /// What needs no quotes in a shell and is no option.
    private static func isIdentifier(_ text: String) -> Bool {
        func isAlphanumeric(_ byte: UInt8) -> Bool {
            switch byte {
            case UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
                UInt8(ascii: "a")...UInt8(ascii: "z"):
                true
            default: false
            }
        }
        guard let first = text.utf8.first, text.utf8.count <= 128, isAlphanumeric(first) else { return false }
        return text.utf8.allSatisfy { isAlphanumeric($0) || "._:-".utf8.contains($0) }
    }

    /// Follows from the content: the same sweep over the same data has the same digest.
    static func digest(of definition: JSONValue) -> String {
        String(SHA256.hex(of: Array(definition.text.utf8)).prefix(StepID.digestLength))
    }

    /// The first bar of the out-of-sample part; the end of the range where nothing is kept back.
    func firstKeptBar(of data: MarketData, in range: Range<Int>) -> Int {
        guard let outOfSampleStart else { return range.upperBound }
        let first = data.range(from: outOfSampleStart, through: nil).lowerBound
        return min(max(first, range.lowerBound), range.upperBound)
    }

    /// The external strategy that it is of; nil where it is of a built-in one.
    package var externalStrategy: StrategyDescriptor? {
        if case .external(let descriptor) = strategy { descriptor } else { nil }
    }

    /// By which method sets are drawn; nil where the whole grid is run.
    package var drawnBy: String? { search.isDrawn ? search.method.rawValue : nil }

    // MARK: The sets

    /// The set of that number. One that breaks a rule is replaced by another, where the method has one to draw: under a strict
    /// rule up to 100 are looked at, so who needs the set twice keeps it.
    func set(_ index: Int) -> SweepSet {
        let first = set(index, at: sets.positions(of: index))
        guard !first.isAdmitted else { return first }
        for draw in 1..<sets.draws {
            guard let positions = sets.redrawn(index, draw) else { break }
            let other = set(index, at: positions)
            if other.isAdmitted { return other }
        }
        return first
    }

    private func set(_ index: Int, at positions: [Int]) -> SweepSet {
        let parameters = parameters(at: positions)
        return SweepSet(
            index: index, positions: positions, parameters: parameters, isAdmitted: admits(parameters))
    }

    /// Where a set is on each axis.
    func positions(of index: Int) -> [Int] { set(index).positions }

    /// The parameters of a set, the fixed ones and the defaults among them.
    func parameters(of index: Int) -> Parameters { set(index).parameters }

    /// What a number may mean, one draw after the other.
    func drawn(_ index: Int) -> [[Int]] {
        [sets.positions(of: index)] + (1..<sets.draws).compactMap { sets.redrawn(index, $0) }
    }

    func parameters(swept: [JSONMember]) -> Parameters {
        var parameters = fixed
        for member in swept where axes.contains(where: { $0.name == member.name }) {
            parameters.set(member.name, to: member.value)
        }
        return parameters
    }

    /// How many sets a step has that is to have so many: rounds are of whole steps.
    func fitting(_ setsPerStep: Int) -> Int {
        let most = min(mostSetsPerStep, max(1, setsPerStep))
        guard let perRound = search.perRound else { return most }
        return (1...most).last { perRound % $0 == 0 } ?? 1
    }

    /// - Returns: nil for what is no set of the grid.
    func positions(_ value: JSONValue) -> [Int]? { axes.positions(value) }

    func admits(_ positions: [Int]) -> Bool { admits(parameters(at: positions)) }

    private func parameters(at positions: [Int]) -> Parameters {
        var parameters = fixed
        for (axis, position) in zip(axes, positions) { parameters.set(axis.name, to: axis.value(position)) }
        return parameters
    }

    /// The swept parameters of a set in the order of the axes.
    func sweptParameters(of set: SweepSet) -> [JSONMember] {
        zip(axes, set.positions).map { JSONMember($0.name, $0.value($1)) }
    }

    func sweptParameters(of index: Int) -> [JSONMember] { sweptParameters(of: set(index)) }

    /// Whether a set breaks none of the sweep's rules and none of the strategy's.
    func admits(_ parameters: Parameters) -> Bool {
        conditions.allSatisfy { $0.holds(in: parameters) } && strategy.conflict(in: parameters) == nil
    }
}
