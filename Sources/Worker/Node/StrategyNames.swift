package import Configuration
import Messages
import Strategies

/// What the names of strategies must be to each other.
package enum StrategyNames {
    /// External strategies that are called as built-in ones, each at its place in the configuration.
    package static func problems(in configuration: OptimizerConfiguration) -> [ConfigurationProblem] {
        let builtIn = Set(StrategyRegistry.descriptors.map(\.name))
        return configuration.strategies.filter { builtIn.contains($0.name) }.map {
            configuration.problem(
                at: "strategies.\($0.name)", "there is a built-in strategy of this name; call this one otherwise")
        }
    }
}
