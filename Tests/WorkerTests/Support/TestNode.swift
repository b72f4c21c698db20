import Configuration
import Glibc
import Kafka
import Scheduling
import Synchronization
import System
import TestSupport

@testable import Hosting
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
    ///   - line: gets every line that is logged, on the thread that logs it.
    init(
        _ kafka: TestKafka, _ more: [String] = [], unruly: Bool = false, mode: String = "unruly", file: String? = nil,
        external: ExternalPolicy = ExternalPolicy(), tune: (inout NodeSettings) -> Void = { _ in },
        line: @escaping @Sendable (String) -> Void = { _ in }
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
        let node = try Node(
            settings, clients: KafkaClients(configuration.kafka),
            log: Log(minimum: .info, format: .json) {
                log.append($0)
                line($0)
            })
        self.node = node
        thread = try NodeThread { node }
    }

    /// On whatever cluster the settings name.
    init(settings texts: [String]) throws {
        let configuration = try OptimizerConfiguration.load(file: nil, environment: [:], settings: texts)
        let log = LogLines()
        self.log = log
        let node = try Node(
            try NodeSettings(configuration), clients: KafkaClients(configuration.kafka),
            log: Log(minimum: .info, format: .json) { log.append($0) })
        self.node = node
        thread = try NodeThread { node }
    }

    /// A test that fails on its way leaves no node at work.
    deinit { node.requestStop() }

    /// Drains the node and waits for its end.
    @discardableResult
    func stop() throws -> Int32 {
        node.requestStop()
        return try result()
    }

    func result() throws -> Int32 { try thread.result(until: nil) ?? ExitCode.failure }
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

    /// What its descriptors 0 to 2 are.
    enum Standard {
        case null
        case closed
        /// Standard error is this one, the others /dev/null.
        case errors(Int32)
    }

    convenience init(
        _ kafka: TestKafka, _ more: [String] = [], file: String? = nil, standard: Standard = .null,
        of build: Build = .this
    ) throws {
        // What an older version does not know it does without.
        try self.init(
            settings: kafka.settings(more).filter(build.knows), file: file, standard: standard, of: build)
    }

    /// - Parameter command: another than a node, with its options.
    init(
        settings: [String], file: String? = nil, standard: Standard = .null, command: [String] = ["run"],
        of build: Build = .this
    ) throws {
        let words =
            try build.command() + command + (file.map { ["--config", $0] } ?? [])
            + settings.flatMap { ["--set", $0] }
        var arguments = words.map { strdup($0) } + [nil]
        defer { for argument in arguments { free(argument) } }
        var actions = posix_spawn_file_actions_t()
        posix_spawn_file_actions_init(&actions)
        defer { posix_spawn_file_actions_destroy(&actions) }
        for descriptor in Int32(0)...2 {
            switch standard {
            case .closed: posix_spawn_file_actions_addclose(&actions, descriptor)
            case .errors(let errors) where descriptor == 2: posix_spawn_file_actions_adddup2(&actions, errors, 2)
            default: posix_spawn_file_actions_addopen(&actions, descriptor, "/dev/null", O_RDWR, 0)
            }
        }
        // The librdkafka that this process has, and nothing else of what is said to it.
        let library = getenv("LD_LIBRARY_PATH").map { ["LD_LIBRARY_PATH=" + String(cString: $0)] } ?? []
        let entries: [String] = ["PATH=/usr/bin:/bin"] + library
        var environment: [UnsafeMutablePointer<CChar>?] = entries.map { strdup($0) } + [nil]
        defer { for entry in environment { free(entry) } }
        var pid: pid_t = 0
        guard posix_spawn(&pid, words[0], &actions, nil, &arguments, &environment) == 0 else {
            throw Failure("optimizer \(command[0]) did not start")
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

    /// Waits for the end of a process that has been told to end and drains for a moment only; the exit code. What a
    /// node promises is no matter of the machine's speed: by 10 s after the drain its own clock ends it.
    func end() throws -> Int32 {
        let deadline = MonotonicTime.now().adding(milliseconds: 60_000)
        var info = siginfo_t()
        while waitid(P_PID, id_t(pid), &info, WEXITED | WNOHANG | WNOWAIT) == 0, info.si_signo != SIGCHLD {
            guard MonotonicTime.now() < deadline else { throw Failure("the process is still there after 60 s") }
            _ = waitReadable(-1, until: .now().adding(milliseconds: 20))
        }
        return wait()
    }

    /// The processes of its hosts.
    var hosts: [Int32] { ProcessFiles.children(of: pid) }

    deinit {
        guard status == nil else { return }
        kill(pid, SIGKILL)
        wait()
    }
}
