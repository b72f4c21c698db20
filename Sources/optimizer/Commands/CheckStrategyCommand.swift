import Configuration
import Hosting
import Messages
import System
import Worker

/// `optimizer check-strategy`: whether a command speaks the protocol of external strategies.
enum CheckStrategyCommand: Command {
    static let name = "check-strategy"
    static let summary = "what a command for an external strategy gets wrong"
    static let help = """
        optimizer check-strategy [--timeout-ms N] [--json] -- COMMAND [ARGUMENT]...
        optimizer check-strategy --strategy NAME [--config FILE] [--timeout-ms N] [--json]

        Starts the command as a node would, in its limits and its sandbox, and takes it through the protocol: its ready
        line, pings, requests one by one and two in a row, an unknown parameter, a request of a megabyte, a line that
        is no JSON, the end of its input. Says what it gets wrong; exit code 1 where that is anything.

        With --strategy the command, its environment and its parameters are those of the configuration. Without, the
        requests have no parameters. A host may refuse any request, but it has to answer it.
        """
    static let options = [
        ConfigurationOptions.config, ConfigurationOptions.set,
        Option("strategy", value: "NAME", "a strategy of the configuration, in place of a command"),
        Option("timeout-ms", value: "N", "how long the answer to a request may take (5000)"),
        Option("json", "one JSON object per check, and one for the whole"),
    ]

    static func run(_ arguments: Arguments) throws(CommandFailure) -> Int32 {
        try arguments.expectPositional(0...0, "nothing before --")
        let configuration = try ConfigurationOptions.load(arguments)
        let strategy = try subject(arguments, configuration)
        let answerMs = try arguments.integer("timeout-ms", in: 1...3_600_000) ?? 5000
        let (isolation, spawner) = try spawner(configuration, strategy)
        defer {
            spawner.stop()
            isolation.stop()
        }
        let command = HostCommand(strategy, dataRoot: configuration.data.root)
        let check = ConformanceCheck(
            command, sample: SampleRequest(strategy.descriptor), answerMs: answerMs, spawner: spawner)
        let isJSON = arguments.has("json")
        let findings = check.run { finding in
            Output.data(isJSON ? json(finding) : text(finding))
        }
        let faults = findings.count { $0.fault != nil }
        if isJSON {
            Output.data(summary(command, findings.count, faults, check))
        } else {
            for line in check.errorLines.prefix(10) where faults > 0 {
                Output.words("standard error: \(line.escapedForTerminal)")
            }
            Output.data(
                faults == 0 ? "conforms: \(findings.count) checks" : "\(faults) of \(findings.count) checks failed")
        }
        return faults == 0 ? ExitCode.success : ExitCode.failure
    }

    private static func subject(
        _ arguments: Arguments, _ configuration: OptimizerConfiguration
    ) throws(CommandFailure) -> ExternalStrategy {
        guard let name = arguments.value("strategy") else {
            guard !arguments.rest.isEmpty else { throw .usage("needs -- COMMAND, or --strategy NAME") }
            return ExternalStrategy(name: "check", command: arguments.rest)
        }
        guard arguments.rest.isEmpty else { throw .usage("takes --strategy NAME or -- COMMAND, not both") }
        guard let strategy = configuration.strategies.first(where: { $0.name == name }) else {
            let hint = nearestNameHint(to: name, in: configuration.strategies.map { $0.name })
            throw CommandFailure("the configuration has no strategy \"\(name)\" (key strategies)\(hint)")
        }
        return strategy
    }

    /// Hosts in the limits and the sandbox that a node with this configuration has.
    private static func spawner(
        _ configuration: OptimizerConfiguration, _ strategy: ExternalStrategy
    ) throws(CommandFailure) -> (Isolation, HostSpawner) {
        guard let launcher = ExecutablePath.beside("optimizer-host") else {
            throw CommandFailure("cannot find out where this program lies, to start optimizer-host beside it")
        }
        do throws(HostFailure) {
            let settings = IsolationSettings(configuration, memoryMB: strategy.limits.memoryMB)
            let isolation = try Isolation(settings, launcher: launcher)
            do throws(HostFailure) {
                return (isolation, try HostSpawner(launcher: launcher, isolation: isolation))
            } catch {
                isolation.stop()
                throw error
            }
        } catch {
            throw CommandFailure(error.description)
        }
    }

    private static func text(_ finding: ConformanceFinding) -> String {
        guard let fault = finding.fault else {
            let detail = finding.detail.isEmpty ? "" : ", \(finding.detail)"
            return "ok    \(finding.name) (\(finding.milliseconds.fixed(1)) ms\(detail.escapedForTerminal))"
        }
        return "WRONG \(finding.name): \(fault.escapedForTerminal)"
    }

    private static func json(_ finding: ConformanceFinding) -> String {
        JSONValue.object([
            JSONMember("check", .string(finding.name)), JSONMember("ok", .bool(finding.fault == nil)),
            JSONMember("fault", finding.fault.map { .string($0) } ?? .null),
            JSONMember("detail", .string(finding.detail)), JSONMember("ms", .number(finding.milliseconds)),
        ]).text
    }

    private static func summary(
        _ command: HostCommand, _ count: Int, _ faults: Int, _ check: ConformanceCheck
    ) -> String {
        let words = [command.executable] + command.arguments
        return JSONValue.object([
            JSONMember("command", .array(words.map { .string($0) })), JSONMember("ok", .bool(faults == 0)),
            JSONMember("checks", .integer(count)), JSONMember("faults", .integer(faults)),
            JSONMember("log_lines", .integer(check.logLines)),
            JSONMember("error_lines", .integer(check.errorLines.count)),
        ]).text
    }
}
