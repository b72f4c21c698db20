import Hosting
import Scheduling
import System
import Worker

/// The demo's worker nodes: `optimizer run`, each a process of its own, all in one consumer group.
final class DemoNodes {
    static let count = 2
    /// The names a configuration has that says nothing of topics.
    static let topics = TopicNames(
        requests: "optimizer.requests", results: "optimizer.results", metrics: "optimizer.metrics",
        deadLetters: "optimizer.dead-letters")
    static let slotsPerNode = 2
    static let intervalMs = 200
    /// What a node may take to finish what runs, and to leave the group.
    private static let stopMs = 30_000

    private let directory: String
    private var programs: [(name: String, program: ChildProgram)] = []

    init(directory: String) {
        self.directory = directory
    }

    /// - Throws: what keeps a node from being started. Those that were are ended by `kill`.
    func start(bootstrapServers: String, dataRoot: String) throws(CommandFailure) {
        let configuration = directory + "/optimizer.yml"
        guard let own = ExecutablePath.own, let launcher = ExecutablePath.beside("optimizer-host") else {
            throw CommandFailure("cannot find out where this program lies", code: ExitCode.software)
        }
        guard TextFile.write(Self.configuration(bootstrapServers, dataRoot), to: configuration) else {
            throw CommandFailure("cannot write \(configuration)")
        }
        for number in 1...Self.count {
            let name = "node-\(number)"
            let command = HostCommand(
                executable: own, arguments: ["run", "--config", configuration, "--set", "node.id=\(name)"],
                environment: ["PATH": "/usr/bin:/bin", "LANG": "C.UTF-8"])
            do {
                programs.append((name, try ChildProgram(command, launcher: launcher, output: log(name))))
            } catch {
                throw CommandFailure("\(name): \(error)", code: ExitCode.software)
            }
        }
    }

    /// Everything the demo's nodes do not leave at its default. A file of our own keeps the user's out.
    private static func configuration(_ bootstrapServers: String, _ dataRoot: String) -> String {
        """
        kafka:
          bootstrapServers: \(bootstrapServers)
          groupId: optimizer-demo
          client: { reconnect.backoff.max.ms: 500 }
          consumer: { session.timeout.ms: 4000, heartbeat.interval.ms: 300, fetch.wait.max.ms: 10 }
        pool: { maxConcurrentStrategies: \(slotsPerNode) }
        backpressure: { pauseAfterMs: 0 }
        limits: { memoryMB: 128, timeoutMs: 60000 }
        commit: { intervalMs: 200 }
        metrics: { intervalMs: \(intervalMs), http: null }
        shutdown: { drainMs: 5000 }
        data: { root: "\(dataRoot)" }
        logging: { level: error }

        """
    }

    /// - Throws: naming a node that has ended though nobody asked it to, with the last it said.
    func check() throws(CommandFailure) {
        for (name, program) in programs {
            guard let status = program.look() else { continue }
            throw CommandFailure("\(name) has ended (\(status))\(lastWords(name))")
        }
    }

    /// Asks all to end and waits for it.
    /// - Throws: naming a node that did not end by itself, or not well.
    func stop() throws(CommandFailure) {
        for (_, program) in programs { program.terminate() }
        let deadline = MonotonicTime.now().adding(milliseconds: Self.stopMs)
        for (name, program) in programs {
            guard let status = program.wait(until: deadline) else {
                throw CommandFailure("\(name) did not end within \(Self.stopMs / 1000) s of SIGTERM\(lastWords(name))")
            }
            guard status == .exited(code: ExitCode.success) else {
                throw CommandFailure("\(name) did not end well (\(status))\(lastWords(name))")
            }
        }
    }

    /// Ends what still runs: politely, so that a node can end its hosts, and then by force.
    func kill() {
        for (_, program) in programs { program.terminate() }
        let deadline = MonotonicTime.now().adding(milliseconds: 3000)
        for (_, program) in programs where program.wait(until: deadline) == nil { program.kill() }
    }

    private func log(_ name: String) -> String { "\(directory)/\(name).log" }

    private func lastWords(_ name: String) -> String {
        let text = FileContent.text(log(name))
        let lines = text.split(separator: "\n").suffix(5)
        return lines.isEmpty ? "" : "; its last words:\n" + lines.joined(separator: "\n")
    }
}
