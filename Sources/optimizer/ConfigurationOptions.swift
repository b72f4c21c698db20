import Configuration
import Glibc
import Messages
import Worker

/// The options every command that talks to Kafka takes, and the configuration they make.
enum ConfigurationOptions {
    static let config = Option("config", value: "FILE", "the configuration (config/optimizer.yml where it is there)")
    static let set = Option("set", value: "KEY=VALUE", "one key of the configuration; may be given often")
    static let brokers = Option("brokers", short: "b", value: "HOST:PORT", "kafka.bootstrapServers")
    static let topic = Option("topic", value: "NAME", "the topic this command uses, in place of the configuration's")
    static let all = [config, set, brokers]

    /// - Throws: every problem of the configuration, one a line, with exit code 78.
    static func load(_ arguments: Arguments) throws(CommandFailure) -> OptimizerConfiguration {
        let file = arguments.value("config") ?? defaultFile
        do throws(ConfigurationProblems) {
            return try OptimizerConfiguration.load(file: file, environment: environment, settings: settings(arguments))
        } catch {
            throw CommandFailure("the configuration cannot be used\n\(error)", code: ExitCode.configuration)
        }
    }

    /// What goes before the file and the environment.
    static func settings(_ arguments: Arguments) -> [String] {
        arguments.all("set") + arguments.all("brokers").map { "kafka.bootstrapServers=\($0)" }
    }

    static var defaultFile: String? {
        unsafe access("config/optimizer.yml", R_OK) == 0 ? "config/optimizer.yml" : nil
    }

    static var environment: [String: String] {
        var found: [String: String] = [:]
        var entry = unsafe environ
        while let text = unsafe entry.pointee {
            let parts = unsafe FileName.text(ofCString: text).split(
                separator: "=", maxSplits: 1, omittingEmptySubsequences: false)
            if parts.count == 2 { found[String(parts[0])] = String(parts[1]) }
            unsafe entry += 1
        }
        return found
    }
}
