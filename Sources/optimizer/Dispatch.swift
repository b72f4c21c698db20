import Glibc
import Messages
import Worker

/// One command of `optimizer`.
protocol Command: Sendable {
    static var name: String { get }
    /// One line for the list of commands.
    static var summary: String { get }
    /// How it is called and what it does, for `--help`.
    static var help: String { get }
    static var options: [Option] { get }

    /// - Returns: the exit code.
    /// - Throws: `CommandFailure`, whose words go to standard error.
    static func run(_ arguments: Arguments) throws(CommandFailure) -> Int32
}

/// Why a command ends without having done its work.
struct CommandFailure: Error {
    let message: String
    let code: Int32

    init(_ message: String, code: Int32 = ExitCode.failure) {
        self.message = message
        self.code = code
    }

    /// A call that is wrong: one line, whatever was called.
    static func usage(_ message: String) -> CommandFailure {
        CommandFailure(message.escapedForTerminal, code: ExitCode.usage)
    }

    /// - Parameter error: the number of what kept data from being written.
    static func output(_ error: Int32) -> CommandFailure {
        CommandFailure("cannot write to standard output: \(SystemError.text(error))", code: ExitCode.cannotCreate)
    }

    /// The reader of standard output has what it wanted: nothing is wrong, and nothing is said.
    static let readerGone = CommandFailure("", code: ExitCode.success)
}

enum Dispatch {
    static let commands: [any Command.Type] = [
        RunCommand.self,
        DemoCommand.self,
        BrokerCommand.self,
        SubmitCommand.self,
        ResultsCommand.self,
        CancelCommand.self,
        LagCommand.self,
        CanaryCommand.self,
        TopCommand.self,
        PlanCommand.self,
        HealthCommand.self,
        StrategiesCommand.self,
        CheckConfigCommand.self,
        CheckStrategyCommand.self,
        CheckIsolationCommand.self,
        TopicsCheckCommand.self,
        TopicsCreateCommand.self,
        DeadLettersListCommand.self,
        DeadLettersReplayCommand.self,
        ImportCommand.self,
        DatasetsCommand.self,
        VersionCommand.self,
    ]

    static func run(_ words: [String]) -> Int32 {
        let code = dispatch(words)
        // A reader that has gone away has what it wanted.
        guard Output.dataError != 0, Output.dataError != EPIPE, code == ExitCode.success else { return code }
        let failure = CommandFailure.output(Output.dataError)
        Output.words("optimizer: \(failure.message)")
        return failure.code
    }

    private static func dispatch(_ words: [String]) -> Int32 {
        guard let first = words.first else {
            Output.page(overview)
            return ExitCode.usage
        }
        if ["--help", "-h", "help"].contains(first) {
            Output.data(overview)
            return ExitCode.success
        }
        if first == "--version" { return run(VersionCommand.self, Array(words.dropFirst())) }
        if let command = commands.first(where: { $0.name == first }) { return run(command, Array(words.dropFirst())) }
        let pair = words.prefix(2).joined(separator: " ")
        if let command = commands.first(where: { $0.name == pair }) { return run(command, Array(words.dropFirst(2))) }
        return runGroup(first, Array(words.dropFirst()))
    }

    /// A first word that needs a second one: `topics` needs `check` or `create`.
    private static func runGroup(_ first: String, _ rest: [String]) -> Int32 {
        let members = commands.filter { $0.name.hasPrefix(first + " ") }
        guard !members.isEmpty else {
            Output.words(
                "optimizer: there is no command \"\(first)\"\(NearestCommand.hint(first)); optimizer --help lists them")
            return ExitCode.usage
        }
        if rest.contains(where: { ["--help", "-h"].contains($0) }) {
            Output.data(members.map { Help.text(of: $0) }.joined(separator: "\n\n"))
            return ExitCode.success
        }
        let names = members.map { $0.name }.joined(separator: " or ")
        Output.words("optimizer \(first): which one, \(names)? optimizer \(first) --help says what they do")
        return ExitCode.usage
    }

    private static func run(_ command: any Command.Type, _ words: [String]) -> Int32 {
        do throws(CommandFailure) {
            let arguments = try Arguments(words, options: command.options)
            if arguments.has("help") {
                Output.data(Help.text(of: command))
                return ExitCode.success
            }
            return try command.run(arguments)
        } catch {
            if !error.message.isEmpty { Output.lastWords("optimizer \(command.name): \(error.message)") }
            if error.code == ExitCode.usage {
                Output.lastWords("optimizer \(command.name) --help says how it is called")
            }
            return error.code
        }
    }

    private static var overview: String {
        let width = commands.map { $0.name.count }.max() ?? 0
        let lines = commands.map { "  \($0.name.padded(to: width))  \($0.summary)" }
        return "optimizer COMMAND [OPTIONS]\n\n" + lines.joined(separator: "\n")
            + "\n\noptimizer COMMAND --help says more. Exit codes: 0 done, 1 failed, 64 wrong call, 65 wrong input, "
            + "66 input that cannot be read, 69 no broker, 70 start again, 73 output that cannot be written, "
            + "78 something must be set up first, 130 interrupted."
    }
}

enum Help {
    static func text(of command: any Command.Type) -> String {
        let shown = (command.options + [.help]).map { ($0.shownName, $0.summary) }
        let width = shown.map(\.0.count).max() ?? 0
        let lines = shown.map { "  \($0.0.padded(to: width))  \($0.1)" }
        return command.help + "\n\n" + lines.joined(separator: "\n")
    }
}

extension String {
    func padded(to width: Int) -> String { self + String(repeating: " ", count: max(0, width - count)) }
}
