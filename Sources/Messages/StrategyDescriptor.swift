/// What a strategy is called and takes: what `optimizer strategies` lists and a request is checked against.
package struct StrategyDescriptor: Equatable, Sendable {
    package let name: String
    package let version: Int
    /// One sentence for people.
    package let summary: String
    package let parameters: [ParameterSpecification]

    package init(name: String, version: Int = 1, summary: String, parameters: [ParameterSpecification]) {
        self.name = name
        self.version = version
        self.summary = summary
        self.parameters = parameters
    }

    /// Checks given parameters: unknown names, wrong types, values out of range, required ones missing.
    ///
    /// Costs nothing but look-ups for a request without parameters. Rules between parameters are the strategy's.
    package func check(_ given: [JSONMember]) throws(RequestProblem) {
        try checkGiven(given)
        for specification in parameters where specification.defaultValue == nil {
            guard given.contains(where: { $0.name == specification.name }) else {
                throw RequestProblem(
                    .invalidParameters,
                    "strategy.parameters.\(specification.name) is missing; \(name) needs \(specification.expectation)")
            }
        }
    }

    /// The same without asking for those that are not given.
    package func checkGiven(_ given: [JSONMember]) throws(RequestProblem) {
        for (index, member) in given.enumerated() {
            guard let specification = parameters.first(where: { $0.name == member.name }) else {
                throw unknown(member.name)
            }
            if given[..<index].contains(where: { $0.name == member.name }) {
                throw RequestProblem(
                    .invalidParameters,
                    "strategy.parameters.\(member.name.cut(toBytes: 100)) is given twice; give it once")
            }
            try specification.check(member.value)
        }
    }

    /// The given value of a parameter, else its default. Call it after `check`.
    package func value(of parameter: String, in given: [JSONMember]) -> JSONValue {
        given.first { $0.name == parameter }?.value
            ?? parameters.first { $0.name == parameter }?.defaultValue ?? .null
    }

    /// Checks the version a request asks for and its parameters.
    ///
    /// - Returns: every parameter in the order of the descriptor, with defaults for those that are not given.
    package func resolve(_ request: StrategyRequest) throws(RequestProblem) -> [JSONMember] {
        try checkVersion(request)
        try check(request.parameters)
        return parameters.map { JSONMember($0.name, value(of: $0.name, in: request.parameters)) }
    }

    /// - Throws: `unknown_strategy` (retryable) where the request asks for another version.
    package func checkVersion(_ request: StrategyRequest) throws(RequestProblem) {
        guard let wanted = request.strategyVersion, wanted != version else { return }
        throw RequestProblem(
            .unknownStrategy, "this node has version \(version) of \(name), not version \(wanted)", isRetryable: true)
    }

    private func unknown(_ parameter: String) -> RequestProblem {
        let names = parameters.map(\.name)
        let known = names.isEmpty ? "\(name) takes none" : "\(name) takes \(names.joined(separator: ", "))"
        return RequestProblem(
            .invalidParameters,
            "strategy.parameters has an unknown parameter \"\(parameter.cut(toBytes: 100))\"\(nearestNameHint(to: parameter, in: names)); \(known)"
        )
    }
}

/// One parameter of a strategy: its name, what it may be, and what it is when it is not given.
package struct ParameterSpecification: Equatable, Sendable {
    package enum Kind: Equatable, Sendable {
        case integer(ClosedRange<Int>)
        case number(ClosedRange<Double>)
        case boolean
        case choice([String])
        /// A list of numbers, at most so many.
        case numbers(maximumCount: Int)
    }

    package let name: String
    package let kind: Kind
    /// nil: the parameter must be given.
    package let defaultValue: JSONValue?
    package let summary: String

    package init(_ name: String, _ kind: Kind, default defaultValue: JSONValue?, _ summary: String) {
        self.name = name
        self.kind = kind
        self.defaultValue = defaultValue
        self.summary = summary
    }

    /// What the value must be, in words: "an integer from 1 to 5000".
    package var expectation: String {
        switch kind {
        case .integer(let range): "an integer from \(range.lowerBound) to \(range.upperBound)"
        case .number(let range): "a number from \(range.lowerBound) to \(range.upperBound)"
        case .boolean: "true or false"
        case .choice(let names): "one of " + names.map { "\"\($0)\"" }.joined(separator: ", ")
        case .numbers(let count): "a list of at most \(count) numbers"
        }
    }

    package func check(_ value: JSONValue) throws(RequestProblem) {
        guard !accepts(value) else { return }
        var shown = value.text
        if shown.utf8.count > 60 { shown = value.kindName }
        throw RequestProblem(
            .invalidParameters, "strategy.parameters.\(name) is \(shown), must be \(expectation)\(hint(for: value))")
    }

    private func accepts(_ value: JSONValue) -> Bool {
        switch kind {
        case .integer(let range): value.integer.map(range.contains) ?? false
        case .number(let range): value.double.map(range.contains) ?? false
        case .boolean: value.bool != nil
        case .choice(let names): value.string.map(names.contains) ?? false
        case .numbers(let count):
            value.elements.map { $0.count <= count && $0.allSatisfy { $0.double != nil } } ?? false
        }
    }

    private func hint(for value: JSONValue) -> String {
        guard case .choice(let names) = kind, let text = value.string else { return "" }
        return nearestNameHint(to: text, in: names)
    }
}
