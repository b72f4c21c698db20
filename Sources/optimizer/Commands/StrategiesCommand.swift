import Configuration
import Messages
import Strategies
import Worker

/// `optimizer strategies`: what a node with this configuration runs.
enum StrategiesCommand: Command {
    static let name = "strategies"
    static let summary = "what a node can run, with parameters and defaults"
    static let help = """
        optimizer strategies [NAME]... [--json]

        The strategies of a node with this configuration: their version, and each parameter with its values and its
        default. What is in disabledStrategies is marked, and what comes from the key strategies, being external.
        With names, only those; exit code 1 where one is unknown.
        """
    static let options = [
        ConfigurationOptions.config, ConfigurationOptions.set,
        Option("json", "one JSON object per strategy"),
    ]

    static func run(_ arguments: Arguments) throws(CommandFailure) -> Int32 {
        let configuration = try ConfigurationOptions.load(arguments)
        let disabled = Set(configuration.disabledStrategies)
        let external = Set(configuration.strategies.map { $0.name })
        let known = StrategyRegistry.descriptors + configuration.strategies.map { $0.descriptor }
        for name in arguments.positional where !known.contains(where: { $0.name == name }) {
            throw CommandFailure("there is no strategy \"\(name)\"\(nearestNameHint(to: name, in: known.map(\.name)))")
        }
        let shown = known.filter { arguments.positional.isEmpty || arguments.positional.contains($0.name) }
        try DataWriter.write(
            arguments.has("json")
                ? shown.map { json($0, isDisabled: disabled.contains($0.name), isExternal: external.contains($0.name)) }
                : Table.lines(
                    columns,
                    shown.flatMap {
                        rows($0, isDisabled: disabled.contains($0.name), isExternal: external.contains($0.name))
                    }))
        return ExitCode.success
    }

    private static let columns: [Table.Column] = [
        .left("STRATEGY"), .left("VERSION"), .left("PARAMETER"), .left("DEFAULT"), .left("VALUES"), .left("MEANING"),
    ]

    /// One row for the strategy, one for each of its parameters.
    private static func rows(_ strategy: StrategyDescriptor, isDisabled: Bool, isExternal: Bool) -> [[String]] {
        let mark = (isDisabled ? "(disabled) " : "") + (isExternal ? "(external) " : "")
        return [[strategy.name, String(strategy.version), "", "", "", mark + strategy.summary]]
            + strategy.parameters.map { parameter in
                let standard = parameter.defaultValue.map { $0.string ?? $0.text } ?? "(required)"
                return ["", "", parameter.name, standard, parameter.expectation, parameter.summary]
            }
    }

    private static func json(_ strategy: StrategyDescriptor, isDisabled: Bool, isExternal: Bool) -> String {
        let here = [JSONMember("disabled", .bool(isDisabled)), JSONMember("external", .bool(isExternal))]
        return JSONValue.object(strategy.members + here).text
    }
}
