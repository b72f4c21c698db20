import Configuration
import Hosting
import IsolationProof
import Messages
import Worker

/// `optimizer check-isolation`: which guarantees hold on this machine.
enum CheckIsolationCommand: Command {
    static let name = "check-isolation"
    static let summary = "which limits and which isolation hold on this machine, shown by real offenders"
    static let help = """
        optimizer check-isolation [--config FILE] [--set KEY=VALUE]... [--patience N] [--json]

        Starts hosts as a node with this configuration would, lets them do what strategies must not, and shows what
        came of it. Memory is tried with a limit of at most 64 MB. Takes some ten seconds; touches nothing but itself.

        Exit codes: 0 all that the configuration asks for holds; 1 something does not; 78 isolation.enforcement asks for
        what cannot be had here, or optimizer-offender, whose hosts misbehave, does not lie beside optimizer.
        """
    static let options = [
        ConfigurationOptions.config, ConfigurationOptions.set,
        Option("patience", value: "N", "gives each offence N times the time, for a slow machine"),
        Option("json", "one JSON object on standard output"),
    ]

    static func run(_ arguments: Arguments) throws(CommandFailure) -> Int32 {
        try arguments.expectPositional(0...0, "nothing")
        let configuration = try ConfigurationOptions.load(arguments)
        let settings = IsolationSettings(configuration, memoryMB: min(64, configuration.limits.memoryMB))
        let patience = try arguments.integer("patience", in: 1...1000) ?? 1
        let (isolation, findings) = try check(settings, patience)
        return try report(findings, isolation, isJSON: arguments.has("json"))
    }

    private static func check(
        _ settings: IsolationSettings, _ patience: Int
    ) throws(CommandFailure) -> (Isolation, [IsolationCheck.Finding]) {
        do throws(HostFailure) {
            let offender = try OffenderProgram.find()
            let isolation = try Isolation(settings, launcher: offender)
            defer { isolation.stop() }
            var findings: [IsolationCheck.Finding] = []
            let check = try IsolationCheck(isolation: isolation, offender: offender, patience: patience)
            defer { check.stop() }
            try check.full { findings.append($0) }
            return (isolation, findings)
        } catch {
            let mustBeSetUp = error.code == .isolation || error.code == .launcher
            throw CommandFailure(error.description, code: mustBeSetUp ? ExitCode.configuration : ExitCode.failure)
        }
    }

    private static func report(
        _ findings: [IsolationCheck.Finding], _ isolation: Isolation, isJSON: Bool
    ) throws(CommandFailure) -> Int32 {
        let isWell = findings.allSatisfy { $0.holds || !$0.isAskedFor }
        if isJSON {
            try DataWriter.write([json(findings, isolation, isWell).text])
        } else {
            let rows = findings.map { [$0.verdict, $0.name, $0.guarantee, $0.seen] }
            let columns: [Table.Column] = [.left("HOLDS"), .left("WHAT"), .left("GUARANTEE"), .left("SEEN")]
            try DataWriter.write(Table.lines(columns, rows))
            let mechanisms = isolation.report.entries.map { "\($0.resource) by \($0.mechanism.rawValue)" }
            Output.words(
                "in force: \(mechanisms.joined(separator: ", ")); sandbox \(isolation.settings.sandbox.rawValue)")
            for shortcoming in isolation.report.shortcomings { Output.words("not in force here: \(shortcoming)") }
        }
        return isWell ? ExitCode.success : ExitCode.failure
    }

    private static func json(
        _ findings: [IsolationCheck.Finding], _ isolation: Isolation, _ isWell: Bool
    ) -> JSONValue {
        .object([
            JSONMember("holds", .bool(isWell)),
            JSONMember("sandbox", .string(isolation.settings.sandbox.rawValue)),
            JSONMember(
                "enforcement",
                .object(
                    isolation.report.entries.map { JSONMember($0.resource, .string($0.mechanism.rawValue)) })),
            JSONMember("not_in_force", .array(isolation.report.shortcomings.map { .string($0) })),
            JSONMember("guarantees", .array(findings.map(\.json))),
        ])
    }
}

extension IsolationCheck.Finding {
    fileprivate var verdict: String { holds ? "yes" : isAskedFor ? "NO" : "no, not asked for" }

    fileprivate var json: JSONValue {
        .object([
            JSONMember("name", .string(name)), JSONMember("guarantee", .string(guarantee)),
            JSONMember("holds", .bool(holds)), JSONMember("asked_for", .bool(isAskedFor)),
            JSONMember("seen", .string(seen)),
        ])
    }
}
