package import Configuration
import Glibc
import Hosting
import Kafka
import Messages
import Metrics
import System

/// Looks at what only this machine and librdkafka can say of a configuration, as `run` does before it asks a broker.
package enum DeepCheck {
    /// Everything that would keep a node from starting here, each at its place where it has one.
    package static func problems(in configuration: OptimizerConfiguration) -> [ConfigurationProblem] {
        machine(configuration) + clients(configuration) + data(configuration) + http(configuration)
            + configuration.strategies.flatMap { program($0, configuration) }
    }

    private static func machine(_ configuration: OptimizerConfiguration) -> [ConfigurationProblem] {
        do throws(NodeFailure) {
            let settings = try NodeSettings(configuration)
            guard unsafe settings.launcher.withPath({ unsafe access($0, X_OK) }) == 0 else {
                return [configuration.problem(at: "isolation", "\(settings.launcher) is not there or not executable")]
            }
            do throws(HostFailure) {
                try Isolation(settings.isolation, launcher: settings.launcher).stop()
            } catch {
                return [configuration.problem(at: "isolation.enforcement", error.description)]
            }
            return []
        } catch {
            return [ConfigurationProblem(error.description)]
        }
    }

    /// librdkafka looks at some properties, and at the files they name, only when a client is made.
    private static func clients(_ configuration: OptimizerConfiguration) -> [ConfigurationProblem] {
        let clients = KafkaClients(configuration.kafka, embedded: "localhost:9092")
        var problems: [ConfigurationProblem] = []
        func check(_ section: String, _ open: () throws(KafkaFailure) -> Void) {
            do throws(KafkaFailure) {
                try open()
            } catch {
                // What is wrong for every client is said once.
                guard !problems.contains(where: { $0.message.hasSuffix(error.reason) }) else { return }
                problems.append(configuration.problem(at: "kafka.\(section)", error.reason))
            }
        }
        check("client") { () throws(KafkaFailure) in try clients.admin().close() }
        check("producer") { () throws(KafkaFailure) in try clients.producer(wakeDescriptor: nil).destroy() }
        guard let wake = try? WakeDescriptor() else { return problems }
        check("consumer") { () throws(KafkaFailure) in
            try clients.consumer(partitions: 1, wakeDescriptor: wake.descriptor).destroy()
        }
        return problems
    }

    private static func data(_ configuration: OptimizerConfiguration) -> [ConfigurationProblem] {
        let root = configuration.data.root
        var entry = stat()
        let isThere = unsafe root.withPath { unsafe stat($0, &entry) } == 0
        if isThere, entry.st_mode & S_IFMT == S_IFDIR, unsafe root.withPath({ unsafe access($0, R_OK | X_OK) }) == 0 {
            return []
        }
        // Nobody needs the default directory who has no market data.
        if !isThere, root == OptimizerConfiguration.defaults.data.root { return [] }
        return [
            configuration.problem(
                at: "data.root", isThere ? "\(root) is not a directory that may be read" : "there is no \(root)")
        ]
    }

    private static func http(_ configuration: OptimizerConfiguration) -> [ConfigurationProblem] {
        guard let address = configuration.metrics.http else { return [] }
        do throws(HTTPServerError) {
            try HTTPServer(host: address.host, port: UInt16(clamping: address.port)) { _ in .notFound }.stop()
            return []
        } catch {
            return [configuration.problem(at: "metrics.http", error.description)]
        }
    }

    private static func program(
        _ strategy: ExternalStrategy, _ configuration: OptimizerConfiguration
    ) -> [ConfigurationProblem] {
        let command = HostCommand(strategy, dataRoot: configuration.data.root)
        var problems: [ConfigurationProblem] = []
        let directory = strategy.workingDirectory
        if let directory, unsafe directory.withPath({ unsafe access($0, X_OK) }) != 0 {
            problems.append(
                configuration.problem(at: "strategies.\(strategy.name)", "there is no working directory \(directory)"))
        }
        let name = command.executable
        let places = (command.environment["PATH"] ?? "").split(separator: ":").map { "\($0)/\(name)" }
        // As execvp looks for it, from the directory the host starts in.
        let candidates = name.contains("/") ? [name] : places
        let isThere = candidates.contains { path in
            let full = path.hasPrefix("/") || directory == nil ? path : "\(directory ?? "")/\(path)"
            return unsafe full.withPath { unsafe access($0, X_OK) } == 0
        }
        if !isThere {
            problems.append(
                configuration.problem(
                    at: "strategies.\(strategy.name)", "there is no program \(name) that may be executed"))
        }
        return problems
    }
}
