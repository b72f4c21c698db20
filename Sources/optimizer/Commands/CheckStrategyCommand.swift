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
        optimizer check-strategy [--request FILE] [--timeout-ms N] [--json] -- COMMAND [ARGUMENT]...
        optimizer check-strategy --strategy NAME [--config FILE] [--request FILE] [--timeout-ms N] [--json]

        Starts the command as a node would, in its limits and its sandbox, and takes it through the protocol: its ready
        line, pings, requests one by one and two in a row, an unknown parameter, a request of a megabyte, a line that
        is no JSON, the end of its input. Says what it gets wrong; exit code 1 where that is anything.

        With --strategy the command, its environment and its parameters are those of the configuration. Without, the
        requests have no parameters. A host may refuse any request, but it has to answer it. --request adds one of
        your own, with data and parameters that the strategy can work with; where it is not completed, or where no
        request is and one of them failed, the exit code is 1, too. Positions and signals that it answers with are
        traded as in a node.
        """
    static let options = [
        ConfigurationOptions.config, ConfigurationOptions.set,
        Option("strategy", value: "NAME", "a strategy of the configuration, in place of a command"),
        Option("request", value: "FILE", "a request as it would be submitted, to be answered too"),
        Option("timeout-ms", value: "N", "how long the answer to a request may take (5000)"),
        Option("json", "one JSON object per check, and one for the whole"),
    ]

    static func run(_ arguments: Arguments) throws(CommandFailure) -> Int32 {
        try arguments.expectPositional(0...0, "nothing before --")
        let configuration = try ConfigurationOptions.load(arguments)
        let strategy = try subject(arguments, configuration)
        let answerMs = try arguments.integer("timeout-ms", in: 1...3_600_000) ?? 5000
        let hosts = try LocalHosts(configuration, memoryMB: strategy.limits.memoryMB)
        defer { hosts.stop() }
        let command = HostCommand(strategy, dataRoot: configuration.data.root)
        let check = ConformanceCheck(
            command, engine: HostCommand(builtIn: hosts.launcher, dataRoot: configuration.data.root),
            sample: SampleRequest(strategy.descriptor), answerMs: answerMs,
            own: try ownRequest(arguments, strategy), spawner: hosts.spawner)
        let isJSON = arguments.has("json")
        var shown: [String] = []
        let findings = check.run { finding in
            Output.data(isJSON ? json(finding) : text(finding))
            guard !isJSON, finding.trace != shown else { return }
            shown = finding.trace
            for line in shown { Output.data("        \(line.escapedForTerminal)") }
        }
        let faults = findings.count { $0.fault != nil }
        let (words, isGood) = verdict(findings.count, faults, check)
        if isJSON {
            Output.data(summary(command, findings.count, faults, isGood, check))
        } else {
            for line in check.errorLines.prefix(10) where !isGood {
                Output.words("standard error: \(line.escapedForTerminal)")
            }
            Output.data(words)
        }
        return isGood ? ExitCode.success : ExitCode.failure
    }

    /// What is to be said of all checks together, and whether it is good.
    private static func verdict(_ count: Int, _ faults: Int, _ check: ConformanceCheck) -> (String, Bool) {
        if faults > 0 { return ("\(faults) of \(count) checks failed", false) }
        if let ending = check.ownEnding, ending != .completed {
            return ("speaks the protocol: \(count) checks; but the request given was \(ending.rawValue)", false)
        }
        guard !check.endings.contains(.completed) else { return ("conforms: \(count) checks", true) }
        let failed = check.endings.count { $0 == .failed }
        let words = "speaks the protocol: \(count) checks; but of \(check.endings.count) requests none was completed"
        return ("\(words) (\(failed) failed); --request FILE gives it one of your own", failed == 0)
    }

    private static func ownRequest(
        _ arguments: Arguments, _ strategy: ExternalStrategy
    ) throws(CommandFailure) -> ConformanceCheck.Request? {
        guard let path = arguments.value("request") else { return nil }
        let bytes = FileContent.read(path)
        guard !bytes.isEmpty else { throw CommandFailure("cannot read \(path), or nothing is in it") }
        do {
            let request = try StrategyRequest.parse(bytes)
            // As a node would send it; of a command alone the parameters are not known.
            let isKnown = arguments.has("strategy")
            let line = isKnown ? try ExternalRequest(request, strategy.descriptor).line : bytes
            return ConformanceCheck.Request(id: request.requestID, bytes: line)
        } catch let problem as RequestProblem {
            throw CommandFailure("\(path): \(problem.message)")
        } catch let unreadable as UnreadableRequest {
            throw CommandFailure("\(path): \(unreadable.problem.message)")
        } catch {
            throw CommandFailure("\(path): \(error)")
        }
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
            JSONMember("detail", .string(finding.detail)),
            JSONMember("trace", .array(finding.trace.map { .string($0) })),
            JSONMember("ms", .number(finding.milliseconds)),
        ]).text
    }

    private static func summary(
        _ command: HostCommand, _ count: Int, _ faults: Int, _ isGood: Bool, _ check: ConformanceCheck
    ) -> String {
        let words = [command.executable] + command.arguments
        return JSONValue.object([
            JSONMember("command", .array(words.map { .string($0) })), JSONMember("ok", .bool(isGood)),
            JSONMember("completed", .integer(check.endings.count { $0 == .completed })),
            JSONMember("requests", .integer(check.endings.count)), JSONMember("checks", .integer(count)),
            JSONMember("faults", .integer(faults)),
            JSONMember("log_lines", .integer(check.logLines)),
            JSONMember("error_lines", .integer(check.errorLines.count)),
        ]).text
    }
}
