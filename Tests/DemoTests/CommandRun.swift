import Glibc
import Hosting
import Scheduling
import System
import TestSupport
import Testing

/// `optimizer` with its words on a file, in a temporary directory of the test's own.
final class CommandRun {
    let directory: TemporaryDirectory
    private let program: ChildProgram
    private let outputPath: String

    init(_ arguments: [String]) throws {
        try MachineTurn.require()
        directory = try TemporaryDirectory(prefix: "optimizer-test")
        outputPath = directory.path + ".out"
        let environment = ["PATH": "/usr/bin:/bin", "TMPDIR": directory.path, "TERM": "xterm"]
        program = try ChildProgram(
            HostCommand(executable: CommandRun.optimizer, arguments: arguments, environment: environment),
            launcher: #require(ExecutablePath.beside("optimizer-host")), output: outputPath)
    }

    deinit {
        if program.exitStatus == nil { program.kill() }
        unlink(outputPath)
    }

    static var optimizer: String { ExecutablePath.beside("optimizer") ?? "optimizer" }

    /// The sample data as the repository has it.
    static var sampleData: String {
        let package = #filePath.split(separator: "/").dropLast(3).joined(separator: "/")
        return "/\(package)/deploy/data/synth_walk.csv"
    }

    var output: String { FileContent.text(outputPath) }

    /// Processes, other than the command itself, that have the directory in their command line: nodes and hosts.
    var helpers: [Int32] {
        Processes.mentioning(directory.path).filter { $0 != program.pid }
    }

    var hasEnded: Bool { program.look() != nil }

    func signal(_ number: Int32) { kill(program.pid, number) }

    /// Waits for its end, and kills it where it does not come.
    func end() throws -> System.ExitStatus {
        let status = program.wait(until: .now().adding(milliseconds: Patience.milliseconds))
        if status == nil { program.kill() }
        return try #require(status, "it did not end; it said:\n\(output)")
    }
}

enum Processes {
    /// The running processes with this text in their command line.
    static func mentioning(_ text: String) -> [Int32] {
        DirectoryEntries.list("/proc").compactMap { Int32($0) }.filter { pid in
            FileContent.text("/proc/\(pid)/cmdline").contains(text)
        }
    }

    static func commandLine(_ pid: Int32) -> [String] {
        FileContent.read("/proc/\(pid)/cmdline").split(separator: 0).map { String(decoding: $0, as: UTF8.self) }
    }
}
