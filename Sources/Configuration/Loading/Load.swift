extension OptimizerConfiguration {
    /// Reads the configuration: the file, over it the environment, over that the settings.
    ///
    /// - Parameters:
    ///   - file: a path; nil = no file, defaults only.
    ///   - environment: every variable that begins with `OPTIMIZER_` is taken, and `${NAME}` is looked up in it.
    ///   - settings: the arguments of `--set`, `a.b=c`; of two for one key the later holds.
    /// - Throws: every problem there is, in the order of the places.
    package static func load(
        file: String?, environment: [String: String], settings: [String]
    ) throws(ConfigurationProblems) -> OptimizerConfiguration {
        let (configuration, problems) = read(file: file, environment: environment, settings: settings)
        guard problems.isEmpty else { throw ConfigurationProblems(problems: problems) }
        return configuration
    }

    /// Reads what can be read of a configuration, for whoever has more to check.
    ///
    /// - Returns: the configuration, with the value of lower precedence where one is wrong, and all that is wrong. It is
    ///   fit for use only where that is nothing.
    package static func read(
        file: String?, environment: [String: String], settings: [String]
    ) -> (configuration: OptimizerConfiguration, problems: [ConfigurationProblem]) {
        var loader = ConfigurationLoader(environment: environment)
        if let file { loader.takeFile(file) }
        loader.takeEnvironment(environment)
        for setting in settings { loader.takeSetting(setting) }
        return loader.finish()
    }
}
