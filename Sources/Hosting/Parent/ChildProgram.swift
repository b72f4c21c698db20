import CLinux
import Glibc
package import Scheduling

/// A program that this one started, and that it ends and reaps: a node under `optimizer demo`.
///
/// Unlike a host it has no frames: it reads nothing and writes to a file. It leads a session of its own, so that Ctrl-C
/// reaches only the program that started it, and it dies with the thread that did.
package final class ChildProgram {
    package let pid: Int32
    private let pidfd: Int32
    /// How it ended, once that has been seen and the process reaped.
    package private(set) var exitStatus: ExitStatus?

    /// Starts `command` through the launcher.
    /// - Parameters:
    ///   - launcher: the path of `optimizer-host`.
    ///   - output: the file for its standard output and standard error; it is appended to.
    /// - Throws: `HostFailure` of code `resources` or `launcher`.
    package init(_ command: HostCommand, launcher: String, output: String) throws(HostFailure) {
        let input = open("/dev/null", O_RDONLY | O_CLOEXEC)
        guard input >= 0 else { throw .system(errno, "cannot open /dev/null") }
        defer { close(input) }
        let log = open(output, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0o644)
        guard log >= 0 else { throw .system(errno, "cannot write \(output)") }
        defer { close(log) }
        var pid: pid_t = 0
        var failure: Int32 = 0
        ProcessTable.addProgram {
            failure = SpawnedProcess.spawn(
                &pid, launcher, LauncherArguments(command).list,
                command.environment.map { "\($0)=\($1)" } + [ProcessTable.childMark], [input, log, log])
            return failure == 0 ? pid : 0
        }
        guard failure == 0 else {
            throw HostFailure(
                .launcher, "cannot start \(launcher): \(describe(errno: failure))",
                remedy: "optimizer-host belongs beside optimizer")
        }
        pidfd = linux_pidfd_open(pid)
        guard pidfd >= 0 else {
            let error = errno
            Glibc.kill(pid, SIGKILL)
            waitpid(pid, nil, 0)
            ProcessTable.removeProgram(pid)
            throw .system(error, "cannot watch a new process")
        }
        self.pid = pid
    }

    deinit {
        kill()
        close(pidfd)
    }

    /// Asks it to end (SIGTERM). One that has ended already is left alone.
    package func terminate() {
        if look() == nil { Glibc.kill(pid, SIGTERM) }
    }

    /// Looks whether it has ended, and reaps it then. Never waits.
    @discardableResult
    package func look() -> ExitStatus? {
        if exitStatus != nil { return exitStatus }
        var ending = linux_ending()
        if linux_ending_of(pidfd, 1, &ending) > 0 {
            exitStatus = ExitStatus(ending)
            ProcessTable.removeProgram(pid)
        }
        return exitStatus
    }

    /// Waits for its end.
    /// - Returns: nil when the time was over first.
    package func wait(until: MonotonicTime) -> ExitStatus? {
        if look() == nil { _ = waitReadable(pidfd, until: until) }
        return look()
    }

    /// Ends it at once, with everything in its session's process group, and reaps it (it waits at most 5 s for that).
    package func kill() {
        guard look() == nil else { return }
        ProcessGroup.kill(pid)
        _ = wait(until: .now().adding(milliseconds: 5000))
    }
}

extension ExitStatus: CustomStringConvertible {
    package var description: String {
        switch self {
        case .exited(let code): "exit code \(code)"
        case .signalled(let signal): "signal \(signal)"
        case .unfinished: "killed, not gone yet"
        }
    }
}
