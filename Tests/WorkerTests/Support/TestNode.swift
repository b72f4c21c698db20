import Configuration
import Glibc
import Hosting
import Kafka
import Scheduling
import Synchronization
import TestSupport

@testable import Worker

/// A node inside the test's process.
final class TestNode: Sendable {
    let node: Node
    let log: LogLines
    private let thread: NodeThread

    /// - Parameters:
    ///   - unruly: steps with a `misbehave` label do what it says.
    ///   - mode: the mode of the offender that the hosts run in, where it is another.
    ///   - file: the configuration file.
    ///   - tune: changes what has no key.
    init(
        _ kafka: TestKafka, _ more: [String] = [], unruly: Bool = false, mode: String = "unruly", file: String? = nil,
        external: ExternalPolicy = ExternalPolicy(), tune: (inout NodeSettings) -> Void = { _ in }
    ) throws {
        let configuration = try OptimizerConfiguration.load(
            file: file, environment: [:], settings: kafka.settings(more))
        var settings = try NodeSettings(configuration)
        settings.externalPolicy = external
        if unruly || mode != "unruly", let offender = ExecutablePath.beside("offender") {
            settings.hostCommand = HostCommand(
                executable: offender, arguments: [mode, kafka.group], environment: ["SWIFT_BACKTRACE": "enable=no"])
        }
        tune(&settings)
        let log = LogLines()
        self.log = log
        node = try Node(
            settings, clients: KafkaClients(configuration.kafka),
            log: Log(minimum: .info, format: .json) { log.append($0) })
        thread = try NodeThread(node)
    }

    /// A test that fails on its way leaves no node at work.
    deinit { node.requestStop() }

    /// Drains the node and waits for its end.
    @discardableResult
    func stop() throws -> Int32 {
        node.requestStop()
        return try thread.result()
    }

    func result() throws -> Int32 { try thread.result() }
}

/// What a node has logged.
final class LogLines: Sendable {
    private let lines = Mutex<[String]>([])

    func append(_ line: String) { lines.withLock { $0.append(line) } }
    var all: [String] { lines.withLock { $0 } }
}

/// A node in a process of its own: the real `optimizer run`.
final class NodeProcess {
    let pid: pid_t
    private var status: Int32?

    init(_ kafka: TestKafka, _ more: [String] = [], file: String? = nil) throws {
        guard let optimizer = ExecutablePath.beside("optimizer") else { throw Failure("no optimizer executable") }
        let words =
            ["optimizer", "run"] + (file.map { ["--config", $0] } ?? [])
            + kafka.settings(more).flatMap { ["--set", $0] }
        var arguments = words.map { strdup($0) } + [nil]
        defer { for argument in arguments { free(argument) } }
        var actions = posix_spawn_file_actions_t()
        posix_spawn_file_actions_init(&actions)
        defer { posix_spawn_file_actions_destroy(&actions) }
        posix_spawn_file_actions_addopen(&actions, 0, "/dev/null", O_RDONLY, 0)
        posix_spawn_file_actions_addopen(&actions, 1, "/dev/null", O_WRONLY, 0)
        posix_spawn_file_actions_addopen(&actions, 2, "/dev/null", O_WRONLY, 0)
        var environment: [UnsafeMutablePointer<CChar>?] = [strdup("PATH=/usr/bin:/bin"), nil]
        defer { for entry in environment { free(entry) } }
        var pid: pid_t = 0
        guard posix_spawn(&pid, optimizer, &actions, nil, &arguments, &environment) == 0 else {
            throw Failure("optimizer run did not start")
        }
        self.pid = pid
    }

    func signal(_ number: Int32) { kill(pid, number) }

    /// Waits for its end; the exit code, or minus the signal.
    @discardableResult
    func wait() -> Int32 {
        if let status { return status }
        var raw: Int32 = 0
        while waitpid(pid, &raw, 0) < 0, errno == EINTR {}
        let code = raw & 0x7F == 0 ? (raw >> 8) & 0xFF : -(raw & 0x7F)
        status = code
        return code
    }

    deinit {
        guard status == nil else { return }
        kill(pid, SIGKILL)
        wait()
    }
}
