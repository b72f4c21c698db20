/// Where a value was given.
package enum ConfigurationOrigin: Hashable, Sendable {
    /// Nobody gave it: the default is in force.
    case defaults
    /// The configuration file, by the name it was asked for.
    case file(String)
    /// An environment variable, by its name.
    case environment(String)
    /// A `--set`, by its key. The value is not kept: it may be a secret.
    case setting(String)

    /// What is given in an origin of higher precedence holds.
    var precedence: Int {
        switch self {
        case .defaults: 0
        case .file: 1
        case .environment: 2
        case .setting: 3
        }
    }
}

/// One thing that is wrong with the configuration: where it stands, what is wrong, what would be right.
package struct ConfigurationProblem: Hashable, Sendable, CustomStringConvertible {
    package let origin: ConfigurationOrigin
    /// From 1; nil where the origin has no lines, or where the problem is the file as a whole.
    package let line: Int?
    /// From 1, in characters.
    package let column: Int?
    /// Never holds a secret.
    package let message: String

    init(origin: ConfigurationOrigin, line: Int?, column: Int?, message: String) {
        self.origin = origin
        self.line = line
        self.column = column
        self.message = message
    }

    /// One of the configuration as a whole, or that names its place itself.
    package init(_ message: String) {
        self.init(origin: .defaults, line: nil, column: nil, message: message)
    }

    /// `config/optimizer.yml:12:5: …`, `environment variable OPTIMIZER_X: …` or `--set a.b: …`.
    package var description: String {
        switch origin {
        case .defaults: message
        case .file(let name):
            if let line, let column { "\(name):\(line):\(column): \(message)" } else { "\(name): \(message)" }
        case .environment(let name): "environment variable \(name): \(message)"
        case .setting(let key): "--set \(key): \(message)"
        }
    }
}

extension ConfigurationProblem {
    /// File by position, then the environment by name, then `--set` as it was given.
    package static func sorted(_ problems: [ConfigurationProblem]) -> [ConfigurationProblem] {
        func rank(_ problem: ConfigurationProblem) -> (Int, Int, Int, String) {
            let name = if case .environment(let name) = problem.origin { name } else { "" }
            return (problem.origin.precedence, problem.line ?? 0, problem.column ?? 0, name)
        }
        return problems.enumerated()
            .sorted { a, b in
                let (left, right) = (rank(a.element), rank(b.element))
                return left == right ? a.offset < b.offset : left < right
            }
            .map(\.element)
    }
}

/// Everything that is wrong with a configuration, in the order of the places: file, environment, `--set`.
package struct ConfigurationProblems: Error, Equatable, CustomStringConvertible {
    package let problems: [ConfigurationProblem]

    package init(problems: [ConfigurationProblem]) { self.problems = problems }

    /// One problem a line.
    package var description: String { problems.map(\.description).joined(separator: "\n") }
}
