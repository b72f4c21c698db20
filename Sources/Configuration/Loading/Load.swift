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
        var loader = ConfigurationLoader(environment: environment)
        if let file { loader.takeFile(file) }
        loader.takeEnvironment(environment)
        for setting in settings { loader.takeSetting(setting) }
        return try loader.finish()
    }
}
