import Messages

/// Gathers what every origin gives, in their order of precedence, and everything that is wrong with it.
struct ConfigurationLoader {
    private(set) var configuration = OptimizerConfiguration()
    private var problems: [ConfigurationProblem] = []
    /// Values that cannot be resolved matter only until something of higher precedence replaces them.
    private var unresolved: [String: ConfigurationProblem] = [:]
    /// Keys with a wrong value: what other keys say about them proves nothing.
    private var wrong: Set<String> = []
    let expansion: ValueExpansion

    init(environment: [String: String]) {
        expansion = ValueExpansion(environment: environment)
    }

    mutating func report(_ message: String, at place: Place) {
        problems.append(place.problem(message))
    }

    /// Notes what is worth a look, and keeps nobody from starting.
    mutating func warn(_ message: String, at place: Place) {
        configuration.warnings.append(place.problem(message))
    }

    mutating func note(_ place: Place, of path: String) {
        configuration.places[path] = place
    }

    mutating func addStrategy(_ strategy: ExternalStrategy) {
        configuration.strategies.append(strategy)
    }

    /// Takes a value for a key that is not a map of properties.
    mutating func take(_ given: GivenValue, for key: ConfigurationKey, at place: Place) {
        unresolved[key.path] = nil
        configuration.places[key.path] = place
        do throws(ValueProblem) {
            let (value, isChanged) = try expand(given, at: place)
            do throws(ValueProblem) {
                try key.store(value, &configuration)
            } catch {
                wrong.insert(key.path)
                let reason = isChanged ? "stands for something that does not fit" : error.reason
                report(message(key, given, reason), at: place)
            }
        } catch {
            wrong.insert(key.path)
            unresolved[key.path] = place.problem(message(key, given, error.reason))
        }
    }

    /// Takes a librdkafka property for one of the maps.
    mutating func takeProperty(_ name: String, _ text: String?, of map: ConfigurationKey, at place: Place) {
        guard case .properties(let target) = map.shape else { return }
        let path = "\(map.path).\(name)"
        unresolved[path] = nil
        configuration.places[path] = place
        if let reason = RefusedProperties.reason(for: name) {
            return report("\(path) cannot be set: \(reason)", at: place)
        }
        guard isPropertyName(name) else {
            return report(
                "\(path): \"\(name)\" is no name of a librdkafka property, such as session.timeout.ms", at: place)
        }
        guard let text else {
            return report("\(path) has no value; leave it out for librdkafka's default", at: place)
        }
        do throws(ValueProblem) {
            let value = try resolve(text, at: place)
            guard !value.text.utf8.contains(0) else { throw ValueProblem(reason: "holds a zero byte") }
            configuration[keyPath: target][name] = ProtectedText(
                value.text, isSecret: value.isChanged || isSecretProperty(name, value: value.text), file: value.file)
        } catch {
            unresolved[path] = place.problem("\(path) \(error.reason)")
        }
    }

    /// Adds what the values say about each other, and gives the configuration and everything that is wrong with it.
    consuming func finish() -> (OptimizerConfiguration, [ConfigurationProblem]) {
        for check in CrossCheck.all where wrong.isDisjoint(with: check.paths) {
            guard let message = check.problem(in: configuration) else { continue }
            let given = check.paths.compactMap { configuration.places[$0] }
            problems.append((given.max { $0.origin.precedence < $1.origin.precedence } ?? .defaults).problem(message))
        }
        problems += strategyLimitProblems(except: wrong)
        problems += unresolved.values
        return (configuration, ConfigurationProblem.sorted(problems))
    }

    private func expand(_ given: GivenValue, at place: Place) throws(ValueProblem) -> (GivenValue, isChanged: Bool) {
        if case .environment = place.origin { return (given, false) }
        switch given {
        case .null: return (.null, false)
        case .text(let text):
            let expanded = try expansion.variables(in: text)
            return (.text(expanded.text), expanded.isChanged)
        case .list(let texts):
            var isChanged = false
            var expanded: [String] = []
            for text in texts {
                let one = try expansion.variables(in: text)
                isChanged = isChanged || one.isChanged
                expanded.append(one.text)
            }
            return (.list(expanded), isChanged)
        }
    }

    /// A value from the environment is taken as it is, but for `file:`: a password there may hold `${`.
    func resolve(_ text: String, at place: Place) throws(ValueProblem) -> ValueExpansion.Expanded {
        if let file = try expansion.file(in: text) { return file }
        if case .environment = place.origin { return ValueExpansion.Expanded(text: text, isChanged: false) }
        return try expansion.variables(in: text)
    }

    private func message(_ key: ConfigurationKey, _ given: GivenValue, _ reason: String) -> String {
        let unit = key.unit.map { " (\($0))" } ?? ""
        let value = if case .text(let text) = given { " \"\(shortened(text))\"" } else { "" }
        return "\(key.path):\(value) \(reason); it takes \(key.expects)\(unit)"
    }
}

private func isPropertyName(_ name: String) -> Bool {
    !name.isEmpty && name.utf8.count <= 200
        && name.utf8.allSatisfy {
            (0x30...0x39).contains($0) || (0x41...0x5A).contains($0 & 0xDF) || $0 == 0x2E || $0 == 0x5F
        }
}

/// A message is read by a person: a value of a megabyte is none of it.
func shortened(_ text: String) -> String {
    text.count <= 80 ? text : "\(text.prefix(79))…"
}
