package import Glibc

/// A program the machine has, run to its end with its input and output captured.
package enum CommandLineTool {
    package struct Outcome {
        package let status: Int32
        /// Standard output and standard error, as they came.
        package let output: String
    }

    /// Where the program is on PATH; nil where it is not.
    package static func find(_ name: String) -> String? {
        let path = getenv("PATH").map { String(cString: $0) } ?? ""
        return path.split(separator: ":").map { "\($0)/\(name)" }.first { access($0, X_OK) == 0 }
    }

    /// Runs a program; `input` becomes its standard input.
    package static func run(_ path: String, _ arguments: [String], input: [UInt8] = []) throws -> Outcome {
        let folder = try TemporaryFolder()
        try folder.write(input, to: "input")
        let child = try spawn(
            path, arguments, input: folder.file("input"), output: folder.file("output"))
        var status: Int32 = 0
        while waitpid(child, &status, 0) < 0, errno == EINTR {}
        let output = folder.text("output")
        let signal = status & 0x7f
        return Outcome(status: signal == 0 ? (status >> 8) & 0xff : 128 + signal, output: output)
    }

    /// Starts a program with its output going to a file.
    package static func spawn(_ path: String, _ arguments: [String], input: String, output: String) throws -> pid_t {
        var actions = posix_spawn_file_actions_t()
        posix_spawn_file_actions_init(&actions)
        defer { posix_spawn_file_actions_destroy(&actions) }
        posix_spawn_file_actions_addopen(&actions, 0, input, O_RDONLY, 0)
        posix_spawn_file_actions_addopen(&actions, 1, output, O_WRONLY | O_CREAT | O_TRUNC, 0o600)
        posix_spawn_file_actions_adddup2(&actions, 1, 2)
        var words: [UnsafeMutablePointer<CChar>?] = ([path] + arguments).map { strdup($0) }
        words.append(nil)
        defer { for word in words { free(word) } }
        var child: pid_t = 0
        let outcome = posix_spawn(&child, path, &actions, nil, words, environ)
        guard outcome == 0 else { throw Failure("\(path): \(String(cString: strerror(outcome)))") }
        return child
    }
}
