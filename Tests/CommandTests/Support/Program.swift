import Glibc
import Messages
import System
import TestSupport

/// The real `optimizer`, running in a directory of its own without any configuration.
final class Program {
    struct Outcome {
        /// The exit code, or minus the signal.
        let code: Int32
        let output: String
        let words: String

        var lines: [String] { output.split(separator: "\n").map(String.init) }
    }

    enum Input {
        case none
        case text(String)
        /// A pipe that the test writes and closes.
        case pipe
    }

    let pid: pid_t
    private let folder: TemporaryFolder
    private var status: Int32?
    private var writeEnd: Int32 = -1

    /// - Parameters:
    ///   - environment: all there is, beside PATH.
    ///   - outputPath: where standard output goes, in place of a file that `output` reads.
    ///   - errorPath: the same of standard error and `words`.
    init(
        _ words: [String], input: Input = .none, environment: [String] = [], outputPath: String? = nil,
        errorPath: String? = nil
    ) throws {
        try MachineTurn.require()
        let folder = try TemporaryFolder()
        self.folder = folder
        var inputPath = "/dev/null"
        if case .text(let text) = input { inputPath = try folder.write(text, to: "in") }
        if case .pipe = input {
            inputPath = folder.file("in")
            guard mkfifo(inputPath, 0o600) == 0 else { throw Failure("no pipe: errno \(errno)") }
            // Opened for both ways, so that neither side waits for the other.
            writeEnd = open(inputPath, O_RDWR | O_CLOEXEC)
        }
        pid = try Self.spawn(
            words, folder.path, input: inputPath, output: outputPath ?? folder.file("out"),
            errors: errorPath ?? folder.file("err"), environment)
    }

    private static func spawn(
        _ words: [String], _ folder: String, input: String, output: String, errors: String, _ environment: [String]
    ) throws -> pid_t {
        guard let path = ExecutablePath.beside("optimizer") else { throw Failure("no optimizer beside the tests") }
        var actions = posix_spawn_file_actions_t()
        posix_spawn_file_actions_init(&actions)
        defer { posix_spawn_file_actions_destroy(&actions) }
        posix_spawn_file_actions_addopen(&actions, 0, input, O_RDONLY, 0)
        posix_spawn_file_actions_addopen(&actions, 1, output, O_WRONLY | O_CREAT | O_TRUNC, 0o600)
        posix_spawn_file_actions_addopen(&actions, 2, errors, O_WRONLY | O_CREAT | O_TRUNC, 0o600)
        // The threads that run tests block signals, and a child would inherit that.
        var attributes = posix_spawnattr_t()
        posix_spawnattr_init(&attributes)
        defer { posix_spawnattr_destroy(&attributes) }
        var none = sigset_t()
        sigemptyset(&none)
        posix_spawnattr_setsigmask(&attributes, &none)
        var usual = sigset_t()
        sigemptyset(&usual)
        for signal in [SIGINT, SIGTERM, SIGPIPE] { sigaddset(&usual, signal) }
        posix_spawnattr_setsigdefault(&attributes, &usual)
        posix_spawnattr_setflags(&attributes, Int16(POSIX_SPAWN_SETSIGMASK | POSIX_SPAWN_SETSIGDEF))
        // env changes the directory and becomes the program: a configuration that lies where the tests run is not read.
        var arguments = (["env", "-C", folder, path] + words).map { $0.withPath { strdup($0) } } + [nil]
        var variables = (["PATH=/usr/bin:/bin"] + environment).map { $0.withPath { strdup($0) } } + [nil]
        defer { for text in arguments + variables { free(text) } }
        var pid: pid_t = 0
        let error = posix_spawn(&pid, "/usr/bin/env", &actions, &attributes, &arguments, &variables)
        guard error == 0 else { throw Failure("\(path) did not start: errno \(error)") }
        return pid
    }

    /// Runs it to its end.
    static func run(
        _ words: [String], input: String? = nil, environment: [String] = [], outputPath: String? = nil
    ) throws -> Outcome {
        let program = try Program(
            words, input: input.map { .text($0) } ?? .none, environment: environment, outputPath: outputPath)
        return try program.outcome()
    }

    /// What it has written so far.
    var output: String { folder.text("out") }
    var words: String { folder.text("err") }

    func write(_ text: String) {
        let bytes = Array(text.utf8)
        _ = Glibc.write(writeEnd, bytes, bytes.count)
    }

    func closeInput() {
        if writeEnd >= 0 { close(writeEnd) }
        writeEnd = -1
    }

    func signal(_ number: Int32) { kill(pid, number) }

    /// Waits for its end.
    func outcome() throws -> Outcome {
        try eventually("the program ends") {
            hasEnded
        } explaining: {
            words
        }
        return Outcome(code: status ?? 0, output: output, words: words)
    }

    var hasEnded: Bool {
        guard status == nil else { return true }
        var found: Int32 = 0
        guard waitpid(pid, &found, WNOHANG) == pid else { return false }
        let signal = found & 0x7f
        status = signal == 0 ? (found >> 8) & 0xff : -signal
        return true
    }

    deinit {
        closeInput()
        guard !hasEnded else { return }
        kill(pid, SIGKILL)
        var found: Int32 = 0
        while waitpid(pid, &found, 0) < 0, errno == EINTR {}
    }
}
