/// One key of the configuration: its name, its meaning, and how its value gets into the configuration and out again.
package struct ConfigurationKey: Sendable {
    /// As in the file, with dots: `backpressure.queueDepth`.
    package let path: String
    /// Of the value: `ms`, `requests`; nil where it has none.
    package let unit: String?
    /// One sentence.
    package let meaning: String
    /// Completes "it takes …".
    package let expects: String

    let shape: Shape
    let store: @Sendable (GivenValue, inout OptimizerConfiguration) throws(ValueProblem) -> Void
    let show: @Sendable (OptimizerConfiguration) -> String

    enum Shape: Sendable {
        case scalar, list
        /// A map of librdkafka properties, whose members are stored one by one.
        case properties(any WritableKeyPath<OptimizerConfiguration, KafkaProperties> & Sendable)
        /// The map of external strategies, which only the file can hold.
        case strategies
    }

    /// `OPTIMIZER_KAFKA_BOOTSTRAP_SERVERS` for `kafka.bootstrapServers`.
    package var environmentName: String { "OPTIMIZER_" + environmentSpelling(of: path) }
    /// As it is written in the file.
    package var defaultText: String { show(.defaults) }
}

/// A value as it was given, before anybody knows whether it fits.
enum GivenValue: Equatable {
    case null
    case text(String)
    case list([String])
}

extension ConfigurationKey {
    typealias Target<Value> = any WritableKeyPath<OptimizerConfiguration, Value> & Sendable

    /// A key that always has a value.
    init<Value>(
        _ path: String, _ target: Target<Value>, _ format: ValueFormat<Value>, unit: String? = nil, _ meaning: String
    ) {
        self.init(
            path: path, unit: unit, meaning: meaning, expects: format.expects, shape: .scalar,
            store: { given, configuration throws(ValueProblem) in
                switch given {
                case .text(let text): configuration[keyPath: target] = try format.parse(text)
                case .null: throw ValueProblem(reason: "has no value")
                case .list: throw ValueProblem(reason: "is a list")
                }
            },
            show: { format.show($0[keyPath: target]) })
    }

    /// A key that may be null.
    init<Value>(
        _ path: String, nullable target: Target<Value?>, _ format: ValueFormat<Value>, unit: String? = nil,
        _ meaning: String
    ) {
        self.init(
            path: path, unit: unit, meaning: meaning, expects: format.expects + ", or null", shape: .scalar,
            store: { given, configuration throws(ValueProblem) in
                switch given {
                case .text(let text): configuration[keyPath: target] = try format.parse(text)
                case .null: configuration[keyPath: target] = nil
                case .list: throw ValueProblem(reason: "is a list")
                }
            },
            show: { $0[keyPath: target].map(format.show) ?? "null" })
    }

    /// A list of names, none of them twice.
    init(_ path: String, list target: Target<[String]>, _ format: ValueFormat<String>, _ meaning: String) {
        self.init(
            path: path, unit: nil, meaning: meaning, expects: "a list, [a, b], of \(format.expects)", shape: .list,
            store: { given, configuration throws(ValueProblem) in
                guard case .list(let texts) = given else { throw ValueProblem(reason: "is not a list") }
                var names: [String] = []
                for text in texts {
                    let name = try format.parse(text)
                    guard !names.contains(name) else { throw ValueProblem(reason: "holds \"\(name)\" twice") }
                    names.append(name)
                }
                configuration[keyPath: target] = names
            },
            show: { "[" + $0[keyPath: target].joined(separator: ", ") + "]" })
    }

    /// A map of librdkafka properties.
    init(_ path: String, properties target: Target<KafkaProperties>, _ meaning: String) {
        self.init(
            path: path, unit: nil, meaning: meaning, expects: "a map of librdkafka properties, { name: value }",
            shape: .properties(target),
            store: { _, _ throws(ValueProblem) in throw ValueProblem(reason: "is not a map") },
            show: { $0[keyPath: target].description })
    }
}

extension ConfigurationKey {
    /// The map of external strategies.
    init(strategies path: String, _ meaning: String) {
        self.init(
            path: path, unit: nil, meaning: meaning, expects: "a map of strategies, by name", shape: .strategies,
            store: { _, _ throws(ValueProblem) in throw ValueProblem(reason: "is not a map") },
            show: { "{" + $0.strategies.map(\.name).joined(separator: ", ") + "}" })
    }
}

/// `groupId` → `GROUP_ID`, `prefetchMB` → `PREFETCH_MB`, `kafka.client` → `KAFKA_CLIENT`.
func environmentSpelling(of path: String) -> String {
    var name = ""
    var previousIsLower = false
    for character in path {
        if character == "." {
            name += "_"
        } else {
            if character.isUppercase, previousIsLower { name += "_" }
            name += character.uppercased()
        }
        previousIsLower = character.isLowercase || character.isNumber
    }
    return name
}
