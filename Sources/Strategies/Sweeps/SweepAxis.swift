import Messages

/// One parameter of a sweep and the values it takes.
struct SweepAxis: Equatable, Sendable {
    enum Values: Equatable, Sendable {
        /// minimum + i · step, never added up, so that value i is the same wherever it is computed.
        case integers(minimum: Int, maximum: Int, step: Int)
        case decimals(DecimalRange)
        /// Where the digits are too far apart to be counted in.
        case numbers(minimum: Double, maximum: Double, step: Double)
        case list([JSONValue])
    }

    let name: String
    let values: Values
    let count: Int

    /// A range of numbers that has no step is cut into 10^6 parts: as good as all of it, and each value a decimal that can
    /// be written down.
    private static let drawnPower = 6

    /// - Parameters:
    ///   - path: names the axis in problems: "parameters[0]".
    ///   - isDrawn: whether values are drawn: then a range of numbers needs no step.
    init(
        _ value: JSONValue, _ path: String, _ descriptor: StrategyDescriptor, isDrawn: Bool = false
    ) throws(RequestProblem) {
        let section = try SectionReader(path, value, known: ["name", "min", "max", "step", "values"])
        let names = descriptor.parameters.map(\.name)
        guard let name = try section.text("name", "the name of a parameter"),
            let specification = descriptor.parameters.first(where: { $0.name == name })
        else {
            let hint = section["name"]?.string.map { nearestNameHint(to: $0, in: names) } ?? ""
            throw section.wrong("name", "a parameter of \(descriptor.name): " + names.joined(separator: ", ") + hint)
        }
        self.name = name
        values = try Self.values(section, specification, isDrawn: isDrawn)
        let most = isDrawn ? Sweep.largestInteger : Sweep.maximumSets
        guard let count = Self.count(values), count <= most else {
            throw RequestProblem(
                .invalidRequest,
                "\(path) has more than \(most) values; take a larger step, or "
                    + (isDrawn ? "leave out step" : "draw sets (search.method \"sobol\")"))
        }
        self.count = count
        // The range of a parameter is one interval: the ends are right where every value between is.
        for index in [0, count - 1] {
            do {
                try specification.check(self.value(index))
            } catch {
                throw RequestProblem(.invalidParameters, "\(path): \(error.message)")
            }
        }
    }

    private static func values(
        _ section: SectionReader, _ specification: ParameterSpecification, isDrawn: Bool
    ) throws(RequestProblem) -> Values {
        if let list = section["values"] {
            guard let values = list.elements, !values.isEmpty else {
                throw section.wrong("values", "a list of at least one value")
            }
            for value in values { try specification.check(value) }
            return .list(Self.distinct(values.map(Self.decimal)))
        }
        switch specification.kind {
        case .integer:
            let span = Int.min / 4...Int.max / 4
            guard let minimum = try section.integer("min", in: span) else { throw section.wrong("min", "an integer") }
            guard let maximum = try section.integer("max", in: span), maximum >= minimum else {
                throw section.wrong("max", "an integer of at least min (\(minimum))")
            }
            let step = try section.integer("step", in: span) ?? 1
            guard step > 0 else { throw section.wrong("step", "an integer above 0") }
            return .integers(minimum: minimum, maximum: maximum, step: step)
        case .number:
            let span = -1e15...1e15
            guard let minimum = try section.number("min", in: span) else { throw section.wrong("min", "a number") }
            guard let maximum = try section.number("max", in: span), maximum >= minimum else {
                throw section.wrong("max", "a number of at least min (\(minimum))")
            }
            guard let step = try section.number("step", in: span) ?? (isDrawn ? drawnStep(minimum, maximum) : nil),
                step > 0
            else { throw section.wrong("step", "a number above 0") }
            return DecimalRange(from: minimum, through: maximum, by: step).map { .decimals($0) }
                ?? .numbers(minimum: minimum, maximum: maximum, step: step)
        case .boolean, .choice, .numbers:
            throw section.wrong("values", "a list of values, because \(specification.name) is no number")
        }
    }

    /// A millionth of the range, counted in decimal digits as the range is: 100.1 to 100.5 goes by 0.0000004.
    private static func drawnStep(_ minimum: Double, _ maximum: Double) -> Double {
        guard maximum > minimum else { return 1 }
        return DecimalRange.part(from: minimum, through: maximum, power: drawnPower)
            ?? (maximum - minimum) / 1_000_000
    }

    /// 0.30000000000000004 is what a program has made of 0.3.
    private static func decimal(_ value: JSONValue) -> JSONValue {
        guard value.integer == nil, let number = value.double else { return value }
        return .number(DecimalNumber(number).double)
    }

    /// Each value once, where it stands first; 1 and 1.0 are one.
    private static func distinct(_ values: [JSONValue]) -> [JSONValue] {
        var (distinct, numbers) = ([JSONValue](), Set<Double>())
        for value in values {
            if let number = value.double {
                if numbers.insert(number).inserted { distinct.append(value) }
            } else if !distinct.contains(value) {
                distinct.append(value)
            }
        }
        return distinct
    }

    /// Whether its values are a list, which may have no order.
    var isList: Bool { if case .list = values { true } else { false } }

    /// In bytes of JSON; of a range as long as a number can be.
    func longestValue(or number: Int) -> Int {
        if case .list(let values) = values { values.map(\.text.utf8.count).max() ?? 0 } else { number }
    }

    /// What a list takes in a request; 0 for a range.
    var listBytes: Int {
        if case .list(let values) = values { JSONValue.array(values).text.utf8.count } else { 0 }
    }

    /// floor((max - min) / step) + 1, as LEAN counts; nil beyond every reason.
    private static func count(_ values: Values) -> Int? {
        switch values {
        case .integers(let minimum, let maximum, let step):
            return (maximum - minimum) / step + 1
        case .decimals(let range): return range.count
        case .numbers(let minimum, let maximum, let step):
            let count = ((maximum - minimum) / step + 1e-9).rounded(.down) + 1
            return count <= Double(Sweep.largestInteger) ? Int(count) : nil
        case .list(let values): return values.count
        }
    }

    /// The value of that number; `index` is from 0 to `count - 1`.
    func value(_ index: Int) -> JSONValue {
        switch values {
        case .integers(let minimum, _, let step): .integer(minimum + index * step)
        case .decimals(let range): .number(range.value(index))
        case .numbers(let minimum, let maximum, let step): .number(min(minimum + Double(index) * step, maximum))
        case .list(let values): values[index]
        }
    }
}
