import Configuration
import Messages
import Worker

/// `optimizer check-config`: everything that is wrong with a configuration.
enum CheckConfigCommand: Command {
    static let name = "check-config"
    static let summary = "every problem of a configuration, with line and column"
    static let help = """
        optimizer check-config [FILE] [--set KEY=VALUE]... [--deep] [--show] [--json]

        Reads the file, the OPTIMIZER_… environment variables and --set as a node would, and names every problem at
        once. Exit code 78 where there is one. It asks no broker, and nothing of this machine. With --deep it looks at
        this machine as run does: memory and open files, isolation, the HTTP address, data.root, the programs of
        external strategies, and the files that librdkafka's properties name. It still asks no broker.
        """
    static let options =
        ConfigurationOptions.all + [
            Option("deep", "looks at this machine too, as run does: memory, files, programs, librdkafka's own checks"),
            Option("show", "writes the configuration that is in force to standard output, secrets hidden"),
            Option("json", "the problems, or with --show the keys, as JSON objects on standard output, one a line"),
        ]

    static func run(_ arguments: Arguments) throws(CommandFailure) -> Int32 {
        try arguments.expectPositional(0...1, "one FILE at most")
        let file = arguments.positional.first ?? arguments.value("config") ?? ConfigurationOptions.defaultFile
        switch load(file, arguments) {
        case .success(let configuration):
            for warning in configuration.warnings { Output.words("warning: \(warning)") }
            if arguments.has("show") { try show(configuration, isJSON: arguments.has("json")) }
            Output.words((file.map { "\($0): " } ?? "no file, so every default: ") + "the configuration is fine")
            return ExitCode.success
        case .failure(let found):
            if arguments.has("json") { try DataWriter.write(found.problems.map(json)) }
            Output.page(found.description)
            Output.words("\(found.problems.count) problem\(found.problems.count == 1 ? "" : "s")")
            return ExitCode.configuration
        }
    }

    private static func load(
        _ file: String?, _ arguments: Arguments
    ) -> Result<OptimizerConfiguration, ConfigurationProblems> {
        // What could be read is checked on: one problem must not hide another.
        let (configuration, found) = OptimizerConfiguration.read(
            file: file, environment: ConfigurationOptions.environment,
            settings: ConfigurationOptions.settings(arguments))
        var problems = found + StrategyNames.problems(in: configuration)
        problems += ClientPropertyCheck.problems(in: configuration)
        // What cannot be read is nothing to try.
        if arguments.has("deep"), problems.isEmpty { problems = DeepCheck.problems(in: configuration) }
        problems = ConfigurationProblem.sorted(problems)
        return problems.isEmpty ? .success(configuration) : .failure(ConfigurationProblems(problems: problems))
    }

    private static func show(_ configuration: OptimizerConfiguration, isJSON: Bool) throws(CommandFailure) {
        try DataWriter.write(
            configuration.redacted.map { key, value in
                guard isJSON else { return "\(key): \(value.escapedForTerminal)" }
                return JSONValue.object([JSONMember("key", .string(key)), JSONMember("value", .string(value))]).text
            })
    }

    private static func json(_ problem: ConfigurationProblem) -> String {
        let (place, name): (String, String?) =
            switch problem.origin {
            case .defaults: ("defaults", nil)
            case .file(let name): ("file", name)
            case .environment(let name): ("environment", name)
            case .setting(let key): ("set", key)
            }
        return JSONValue.object([
            JSONMember("origin", .string(place)), JSONMember("name", name.map(JSONValue.string) ?? .null),
            JSONMember("line", problem.line.map(JSONValue.integer) ?? .null),
            JSONMember("column", problem.column.map(JSONValue.integer) ?? .null),
            JSONMember("message", .string(problem.message)),
        ]).text
    }
}
