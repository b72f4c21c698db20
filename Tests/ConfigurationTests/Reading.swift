@testable import Configuration

/// The configuration from these texts, the file being called `test.yml`.
func configuration(
    _ yaml: String = "", environment: [String: String] = [:], settings: [String] = []
) throws(ConfigurationProblems) -> OptimizerConfiguration {
    try configuration(Array(yaml.utf8), environment: environment, settings: settings)
}

func configuration(
    _ bytes: [UInt8], environment: [String: String] = [:], settings: [String] = []
) throws(ConfigurationProblems) -> OptimizerConfiguration {
    var loader = ConfigurationLoader(environment: environment)
    loader.takeFile(bytes, name: "test.yml")
    loader.takeEnvironment(environment)
    for setting in settings { loader.takeSetting(setting) }
    let (configuration, problems) = loader.finish()
    guard problems.isEmpty else { throw ConfigurationProblems(problems: problems) }
    return configuration
}

/// What is wrong with these texts, as a person reads it.
func problems(
    _ yaml: String = "", environment: [String: String] = [:], settings: [String] = []
) -> [String] {
    problems(Array(yaml.utf8), environment: environment, settings: settings)
}

func problems(_ bytes: [UInt8], environment: [String: String] = [:], settings: [String] = []) -> [String] {
    do throws(ConfigurationProblems) {
        _ = try configuration(bytes, environment: environment, settings: settings)
        return []
    } catch {
        return error.problems.map(\.description)
    }
}
