package import Configuration
import Messages
import Strategies

/// What the names of strategies must be to each other.
package enum StrategyNames {
    /// External strategies that are called as built-in ones, and names in `disabledStrategies` that are nobody's, each
    /// at its place in the configuration.
    ///
    /// - Parameter running: what a node runs that has begun with another configuration.
    package static func problems(
        in configuration: OptimizerConfiguration, running: [String] = []
    ) -> [ConfigurationProblem] {
        let builtIn = StrategyRegistry.descriptors.map(\.name)
        let taken = configuration.strategies.filter { builtIn.contains($0.name) }.map {
            configuration.problem(
                at: "strategies.\($0.name)", "there is a built-in strategy of this name; call this one otherwise")
        }
        let known = builtIn + configuration.strategies.map(\.name) + running
        return taken
            + configuration.disabledStrategies.filter { !known.contains($0) }.map { name in
                let shown = name.cut(toBytes: 100)
                // What is switched off for its harm would go on running.
                return configuration.problem(
                    at: "disabledStrategies",
                    "there is no strategy \"\(shown)\"\(nearestNameHint(to: name, in: known)); optimizer strategies"
                        + " lists them")
            }
    }
}
