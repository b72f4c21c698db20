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

/// Everything that is wrong with a configuration, in the order of the places: file, environment, `--set`.
package struct ConfigurationProblems: Error, Equatable, CustomStringConvertible {
    package let problems: [ConfigurationProblem]

    package init(problems: [ConfigurationProblem]) { self.problems = problems }

    /// One problem a line.
    package var description: String { problems.map(\.description).joined(separator: "\n") }
}
