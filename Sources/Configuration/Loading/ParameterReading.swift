import Messages

/// Reads the `parameters:` of a strategy.
extension ConfigurationLoader {
    private enum Kind: String, CaseIterable, Sendable {
        case integer, number, boolean, choice, numbers

        /// The keys that bound this kind.
        var bounds: [String] {
            switch self {
            case .integer, .number: ["min", "max"]
            case .boolean: []
            case .choice: ["choices"]
            case .numbers: ["maxCount"]
            }
        }
    }

    private static let members = ["type", "default", "doc", "min", "max", "choices", "maxCount"]

    /// Integers beyond are not exact in every language's numbers.
    private static let exactIntegers = -(1 << 53)...(1 << 53)
    private static let usualMaximumCount = 10_000

    mutating func parameters(of strategy: FileSection) -> [ParameterSpecification] {
        guard let node = strategy["parameters"],
            let map = section(node, strategy.path(of: "parameters"), strategy.origin, known: nil)
        else { return [] }
        return map.members.compactMap { member in
            do throws(ValueProblem) {
                _ = try ValueFormat.parameterName.parse(member.name)
            } catch {
                report(
                    "\(map.path): \"\(shortened(member.name))\" \(error.reason); it takes \(ValueFormat.parameterName.expects)",
                    at: Place(map.origin, member.mark))
                return nil
            }
            return parameter(member, of: map)
        }
    }

    private mutating func parameter(_ member: YAMLMember, of map: FileSection) -> ParameterSpecification? {
        let path = map.path(of: member.name)
        let place = Place(map.origin, member.mark)
        let types = ValueFormat<Kind>.choice.expects
        guard !member.value.isNull else {
            report("\(path) has no type; it needs one, \(types)", at: place)
            return nil
        }
        guard let section = section(member.value, path, map.origin, known: Self.members) else { return nil }
        let doc = value("doc", of: section, .words) ?? ""
        guard let type = section["type"], !type.isNull else {
            report("\(path) has no type; it needs one, \(types)", at: place)
            return nil
        }
        guard let kind = value("type", of: section, ValueFormat<Kind>.choice) else { return nil }
        for name in Set(["min", "max", "choices", "maxCount"]).subtracting(kind.bounds).sorted() {
            guard let node = section[name] else { continue }
            report("\(section.path(of: name)) does not fit the type \(kind.rawValue)", at: Place(map.origin, node.mark))
        }
        guard let range = range(kind, section, at: place) else { return nil }
        let specification = ParameterSpecification(member.name, range, default: nil, doc)
        guard let node = section["default"], !node.isNull else { return specification }
        guard let value = defaultValue(node, specification, section) else { return nil }
        return ParameterSpecification(member.name, range, default: value, doc)
    }

    /// What the parameter may be; nil, and reported, where that makes no sense.
    private mutating func range(
        _ kind: Kind, _ section: FileSection, at place: Place
    ) -> ParameterSpecification.Kind? {
        switch kind {
        case .integer:
            let format = ValueFormat<Int>.integer(Self.exactIntegers)
            let low = value("min", of: section, format) ?? Self.exactIntegers.lowerBound
            let high = value("max", of: section, format) ?? Self.exactIntegers.upperBound
            guard low <= high else { return emptyRange(section, "\(low)", "\(high)") }
            return .integer(low...high)
        case .number:
            let low = value("min", of: section, .number) ?? -Double.greatestFiniteMagnitude
            let high = value("max", of: section, .number) ?? .greatestFiniteMagnitude
            guard low <= high else { return emptyRange(section, "\(low)", "\(high)") }
            return .number(low...high)
        case .boolean: return .boolean
        case .choice:
            let choices = list("choices", of: section, .words) ?? []
            if choices.isEmpty {
                report("\(section.path) has no choices; the type choice needs them, [a, b]", at: place)
                return nil
            }
            return .choice(choices)
        case .numbers:
            return .numbers(
                maximumCount: value("maxCount", of: section, .integer(1...1_000_000)) ?? Self.usualMaximumCount)
        }
    }

    private mutating func emptyRange(
        _ section: FileSection, _ low: String, _ high: String
    ) -> ParameterSpecification.Kind? {
        let mark = (section["max"] ?? section["min"])?.mark ?? section.mark
        report("\(section.path): min is \(low), above max, which is \(high)", at: Place(section.origin, mark))
        return nil
    }

    private mutating func defaultValue(
        _ node: YAMLNode, _ specification: ParameterSpecification, _ section: FileSection
    ) -> JSONValue? {
        let path = section.path(of: "default")
        let value: JSONValue?
        if case .numbers = specification.kind {
            value = list("default", of: section, .number).map { .array($0.map(JSONValue.number)) }
        } else {
            value = self.value(node, path, section.origin, .jsonValue(specification))
        }
        guard let value else { return nil }
        do throws(RequestProblem) {
            try specification.check(value)
            return value
        } catch {
            report("\(path) does not fit; it takes \(specification.expectation)", at: Place(section.origin, node.mark))
            return nil
        }
    }
}

extension ValueFormat<JSONValue> {
    /// A single value of a parameter, by its kind.
    fileprivate static func jsonValue(_ specification: ParameterSpecification) -> Self {
        ValueFormat(
            expects: specification.expectation,
            parse: { text throws(ValueProblem) in
                let value: JSONValue? =
                    switch specification.kind {
                    case .integer: Int(text).map { .integer($0) }
                    case .number, .numbers: Double(text).map { .number($0) }
                    case .boolean: ["true": true, "false": false][text].map { .bool($0) }
                    case .choice: .string(text)
                    }
                guard let value else { throw ValueProblem(reason: "does not fit") }
                return value
            },
            show: { $0.text })
    }
}
