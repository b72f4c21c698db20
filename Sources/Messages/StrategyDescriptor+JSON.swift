extension StrategyDescriptor {
    /// Name, version, summary and parameters, as `optimizer strategies --json` shows them.
    package var members: [JSONMember] {
        [
            JSONMember("name", .string(name)), JSONMember("version", .integer(version)),
            JSONMember("summary", .string(summary)), JSONMember("parameters", .array(parameters.map(\.json))),
        ]
    }

    /// - Returns: nil where it is not what `members` makes.
    package init?(_ value: JSONValue) {
        guard let name = value["name"]?.string, let version = value["version"]?.integer,
            let elements = value["parameters"]?.elements
        else { return nil }
        let parameters = elements.compactMap(ParameterSpecification.init)
        guard parameters.count == elements.count else { return nil }
        self.init(
            name: name, version: version, summary: value["summary"]?.string ?? "", parameters: parameters)
    }
}

extension ParameterSpecification {
    fileprivate var json: JSONValue {
        .object(
            [JSONMember("name", .string(name))] + kind.members + [
                JSONMember("required", .bool(defaultValue == nil)), JSONMember("default", defaultValue ?? .null),
                JSONMember("summary", .string(summary)),
            ])
    }

    fileprivate init?(_ value: JSONValue) {
        guard let name = value["name"]?.string, let kind = Kind(value) else { return nil }
        let isRequired = value["required"] == .bool(true)
        self.init(name, kind, default: isRequired ? nil : value["default"], value["summary"]?.string ?? "")
    }
}

extension ParameterSpecification.Kind {
    fileprivate var members: [JSONMember] {
        func type(_ name: String) -> JSONMember { JSONMember("type", .string(name)) }
        return switch self {
        case .integer(let range):
            [
                type("integer"), JSONMember("minimum", .integer(range.lowerBound)),
                JSONMember("maximum", .integer(range.upperBound)),
            ]
        case .number(let range):
            [
                type("number"), JSONMember("minimum", .number(range.lowerBound)),
                JSONMember("maximum", .number(range.upperBound)),
            ]
        case .boolean: [type("boolean")]
        case .choice(let names): [type("string"), JSONMember("values", .array(names.map(JSONValue.string)))]
        case .numbers(let count): [type("numbers"), JSONMember("maximum_count", .integer(count))]
        }
    }

    fileprivate init?(_ value: JSONValue) {
        switch value["type"]?.string {
        case "integer":
            guard let least = value["minimum"]?.integer, let most = value["maximum"]?.integer, least <= most else {
                return nil
            }
            self = .integer(least...most)
        case "number":
            guard let least = value["minimum"]?.double, let most = value["maximum"]?.double, least <= most else {
                return nil
            }
            self = .number(least...most)
        case "boolean": self = .boolean
        case "string": self = .choice(value["values"]?.elements?.compactMap(\.string) ?? [])
        case "numbers":
            guard let count = value["maximum_count"]?.integer else { return nil }
            self = .numbers(maximumCount: count)
        default: return nil
        }
    }
}
