import Messages

/// LEAN's words for comparisons.
enum Comparison: String, CaseIterable, Sendable {
    case less, lessOrEqual, greater, greaterOrEqual, equals, notEqual

    func holds(_ left: Double, _ right: Double) -> Bool {
        switch self {
        case .less: left < right
        case .lessOrEqual: left <= right
        case .greater: left > right
        case .greaterOrEqual: left >= right
        case .equals: left == right
        case .notEqual: left < right || left > right
        }
    }
}

/// What must hold between the parameters of a set: `{"left": "fast", "operator": "less", "right": "slow"}`.
struct ParameterCondition: Equatable, Sendable {
    enum Operand: Equatable, Sendable {
        case parameter(String)
        case number(Double)

        func value(in parameters: Parameters) -> Double {
            switch self {
            case .parameter(let name): parameters.number(name)
            case .number(let number): number
            }
        }
    }

    let left: Operand
    let comparison: Comparison
    let right: Operand

    init(_ value: JSONValue, _ path: String, _ descriptor: StrategyDescriptor) throws(RequestProblem) {
        let section = try SectionReader(path, value, known: ["left", "operator", "right"])
        left = try Self.operand("left", section, descriptor)
        right = try Self.operand("right", section, descriptor)
        guard let comparison = try section.word("operator", of: Comparison.allCases) else {
            throw section.wrong("operator", "one of " + Comparison.allCases.map(\.rawValue).joined(separator: ", "))
        }
        self.comparison = comparison
    }

    private static func operand(
        _ name: String, _ section: SectionReader, _ descriptor: StrategyDescriptor
    ) throws(RequestProblem) -> Operand {
        if let number = section[name]?.double { return .number(number) }
        let numeric = descriptor.parameters.filter(\.isNumeric).map(\.name)
        guard let text = section[name]?.string, numeric.contains(text) else {
            let hint = section[name]?.string.map { nearestNameHint(to: $0, in: numeric) } ?? ""
            throw section.wrong(name, "a number or one of the parameters " + numeric.joined(separator: ", ") + hint)
        }
        return .parameter(text)
    }

    func holds(in parameters: Parameters) -> Bool {
        comparison.holds(left.value(in: parameters), right.value(in: parameters))
    }
}

extension ParameterSpecification {
    fileprivate var isNumeric: Bool {
        switch kind {
        case .integer, .number: true
        case .boolean, .choice, .numbers: false
        }
    }
}

/// What a result must satisfy to count: `{"target": "trade_count", "operator": "greaterOrEqual", "target_value": 30}`.
///
/// Of several data sets it must hold on each, or, with `"aggregate": "mean"`, for what the figures come to.
struct ResultCondition: Equatable, Sendable {
    let target: Statistic
    let comparison: Comparison
    let value: Double
    let aggregate: Aggregate?

    /// - Parameter isOfSeveral: whether the sweep lists its data sets.
    init(_ value: JSONValue, _ path: String, isOfSeveral: Bool = false) throws(RequestProblem) {
        let section = try SectionReader(path, value, known: ["target", "operator", "target_value", "aggregate"])
        aggregate = try Objective.aggregate(section, isOfSeveral: isOfSeveral)
        target = try Objective.statistic("target", section)
        guard let comparison = try section.word("operator", of: Comparison.allCases) else {
            throw section.wrong("operator", "one of " + Comparison.allCases.map(\.rawValue).joined(separator: ", "))
        }
        self.comparison = comparison
        guard let number = section["target_value"]?.double else { throw section.wrong("target_value", "a number") }
        self.value = number
    }

    /// An undefined figure satisfies nothing.
    ///
    /// - Parameter runs: the figures on each data set.
    func holds(for runs: [Statistics]) -> Bool {
        guard let aggregate, runs.count > 1 else { return runs.allSatisfy { comparison.holds($0[target], value) } }
        return comparison.holds(aggregate(runs.map { $0[target] }), value)
    }
}

/// What a sweep looks for: `{"target": "sharpe_ratio", "extremum": "max"}`.
struct Objective: Equatable, Sendable {
    enum Extremum: String, CaseIterable, Sendable { case max, min }

    let target: Statistic
    let extremum: Extremum
    /// What the figures of several data sets come to; nil where there is one.
    let aggregate: Aggregate?

    init(target: Statistic, extremum: Extremum) {
        self.target = target
        self.extremum = extremum
        aggregate = nil
    }

    /// - Parameter isOfSeveral: whether the sweep lists its data sets.
    init(_ value: JSONValue?, isOfSeveral: Bool = false) throws(RequestProblem) {
        let section = try SectionReader("objective", value, known: ["target", "extremum", "aggregate", "target_value"])
        target = value == nil ? .sharpeRatio : try Self.statistic("target", section)
        extremum = try section.word("extremum", of: Extremum.allCases) ?? .max
        aggregate = try Self.aggregate(section, isOfSeveral: isOfSeveral) ?? (isOfSeveral ? .mean : nil)
        // The best of the data sets alone says least of the others: nobody means it who copies a line.
        if aggregate?.rawValue == (extremum == .max ? "max" : "min") {
            throw section.wrong(
                "aggregate",
                "mean, median, or \(extremum == .max ? "min" : "max") for the worst of the data sets: by the best of them, "
                    + "where \(extremum.rawValue) is looked for, a set is chosen that did well on one")
        }
        if section["target_value"] != nil {
            throw section.wrong("target_value", "left out: a sweep evaluates its whole grid and stops at no value")
        }
    }

    static func aggregate(_ section: SectionReader, isOfSeveral: Bool) throws(RequestProblem) -> Aggregate? {
        let aggregate = try section.word("aggregate", of: Aggregate.allCases)
        guard aggregate == nil || isOfSeveral else {
            throw section.wrong(
                "aggregate",
                "left out: it is of several data sets, which data lists: [{\"dataset\": \"one\"}, "
                    + "{\"dataset\": \"other\"}]")
        }
        return aggregate
    }

    /// The value of a set.
    ///
    /// - Parameter runs: its figures on each data set.
    func value(of runs: [Statistics]) -> Double {
        guard let aggregate else { return runs[0][target] }
        return aggregate(runs.map { $0[target] })
    }

    static func statistic(_ name: String, _ section: SectionReader) throws(RequestProblem) -> Statistic {
        guard let statistic = try section.word(name, of: Statistic.allCases) else {
            throw section.wrong(name, "the name of a statistic like \"sharpe_ratio\"")
        }
        return statistic
    }

    /// Whether one result comes before another: the better value, then the lower number. An undefined value is
    /// better than none.
    func ranks(_ a: (value: Double, index: Int), before b: (value: Double, index: Int)) -> Bool {
        if a.value.isNaN || b.value.isNaN { return !a.value.isNaN || (b.value.isNaN && a.index < b.index) }
        if a.value == b.value { return a.index < b.index }
        return extremum == .max ? a.value > b.value : a.value < b.value
    }
}
