import Glibc
import Messages
package import Scheduling
package import System

/// A program that this one started, and that it ends and reaps: a node under `optimizer demo`.
///
/// Unlike a host it has no frames: it reads nothing and writes to a file. It leads a session of its own, so that Ctrl-C
/// reaches only the program that started it, and it dies with the thread that did.
package final class ChildProgram {
    private let handle: ProcessHandle
    /// How it ended, once that has been seen and the process reaped.
    package private(set) var exitStatus: ExitStatus?

    package var pid: Int32 { handle.pid }

    /// Starts `command` through the launcher.
    /// - Parameters:
    ///   - launcher: the path of `optimizer-host`.
    ///   - output: the file for its standard output and standard error; it is appended to.
    /// - Throws: `HostFailure` of code `resources` or `launcher`.
    package init(_ command: HostCommand, launcher: String, output: String) throws(HostFailure) {
        let input = unsafe open("/dev/null", O_RDONLY | O_CLOEXEC)
        guard input >= 0 else { throw HostFailure(SystemFailure(errno, "cannot open /dev/null")) }
        defer { close(input) }
        let log = unsafe output.withPath { unsafe open($0, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0o644) }
        guard log >= 0 else { throw HostFailure(SystemFailure(errno, "cannot write \(output)")) }
        defer { close(log) }
        var environment = command.environment
        environment[ProcessTable.childMark.name] = ProcessTable.childMark.value
        handle = try ProcessTable.addProgram { () throws(HostFailure) in
            try SpawnedProcess.start(launcher, LauncherArguments(command).list, environment, [input, log, log])
        }
    }

    deinit {
        kill()
        handle.close()
    }

    /// Asks it to end (SIGTERM). One that has ended already is left alone.
    package func terminate() {
        if look() == nil { Glibc.kill(pid, SIGTERM) }
    }

    /// Looks whether it has ended, and reaps it then. Never waits.
    @discardableResult
    package func look() -> ExitStatus? {
        if exitStatus != nil { return exitStatus }
        if case .ended(let status, _) = handle.look(reaping: true) {
            exitStatus = status
            ProcessTable.removeProgram(pid)
        }
        return exitStatus
    }

    /// Waits for its end.
    /// - Returns: nil when the time was over first.
    package func wait(until: MonotonicTime) -> ExitStatus? {
        if look() == nil { _ = handle.awaitEnd(until: until) }
        return look()
    }

    /// Ends it at once, with everything in its session's process group, and reaps it (it waits at most 5 s for that).
    package func kill() {
        guard look() == nil else { return }
        ProcessGroup.kill(pid)
        _ = wait(until: .now().adding(milliseconds: 5000))
    }
}
