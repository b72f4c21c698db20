import CLinux
import Glibc

/// A started host: its process and the node's ends of its three pipes. Whoever holds it closes them.
struct SpawnedProcess: Sendable {
    enum State {
        case running
        /// Killed, but not let go of by the kernel in time.
        case abandoned
    }

    let pid: Int32
    let pidfd: Int32
    /// Where requests are written; non-blocking.
    let input: Int32
    /// Where replies are read; non-blocking.
    let output: Int32
    let errors: Int32
    let confinement: Confinement?

    /// Starts `command` through the launcher, in a session of its own, with nothing of the node's but its three pipes.
    /// - Throws: `HostFailure` of code `resources` or `launcher`.
    static func start(
        _ command: HostCommand, launcher: String, confinement: Confinement? = nil
    ) throws(HostFailure) -> SpawnedProcess {
        let input = try Pipe(nonBlocking: .writing)
        let output: Pipe
        let errors: Pipe
        do throws(HostFailure) {
            output = try Pipe(nonBlocking: .reading)
        } catch {
            input.closeBoth()
            throw error
        }
        do throws(HostFailure) {
            errors = try Pipe(nonBlocking: .reading)
        } catch {
            input.closeBoth()
            output.closeBoth()
            throw error
        }
        let arguments = LauncherArguments(command, confinement).list
        var command = command
        if let scratch = confinement?.scratch { command.environment["TMPDIR"] = scratch }
        let result = Self.start(
            command, arguments, launcher: launcher, [input.reading, output.writing, errors.writing])
        for descriptor in [input.reading, output.writing, errors.writing] { close(descriptor) }
        switch result {
        case .success(let (pid, pidfd)):
            return SpawnedProcess(
                pid: pid, pidfd: pidfd, input: input.writing, output: output.reading, errors: errors.reading,
                confinement: confinement)
        case .failure(let failure):
            for descriptor in [input.writing, output.reading, errors.reading] { close(descriptor) }
            throw failure
        }
    }

    private static func start(
        _ command: HostCommand, _ arguments: [String], launcher: String, _ standard: [Int32]
    ) -> Result<(pid: Int32, pidfd: Int32), HostFailure> {
        var pid: pid_t = 0
        // A Swift program that traps would spend seconds on a backtrace, and start a process for it.
        let environment = command.environment.merging(["SWIFT_BACKTRACE": "enable=no"]) { given, _ in given }
        let failure = spawn(
            &pid, launcher, arguments, environment.map { "\($0)=\($1)" }, standard)
        guard failure == 0 else {
            let cause = "cannot start \(launcher): \(describe(errno: failure))"
            let isMissing = failure == ENOENT || failure == EACCES
            return .failure(
                isMissing
                    ? HostFailure(.launcher, cause, remedy: "optimizer-host belongs beside optimizer")
                    : .system(failure, "cannot start \(launcher)"))
        }
        let pidfd = linux_pidfd_open(pid)
        guard pidfd >= 0 else {
            let error = errno
            kill(pid, SIGKILL)
            waitpid(pid, nil, 0)
            return .failure(.system(error, "cannot watch a new process"))
        }
        return .success((pid, pidfd))
    }

    /// `posix_spawn`: default signals, an empty signal mask, a new session, descriptors 0 to 2 and no others.
    static func spawn(
        _ pid: inout pid_t, _ path: String, _ arguments: [String], _ environment: [String], _ standard: [Int32]
    ) -> Int32 {
        var actions = posix_spawn_file_actions_t()
        posix_spawn_file_actions_init(&actions)
        defer { posix_spawn_file_actions_destroy(&actions) }
        // In a node without standard descriptors a pipe gets their numbers. The input's reading end was created first,
        // so it alone can have one of them, and it is moved to 0 before anything is put on 1 and 2.
        for (target, descriptor) in standard.enumerated() {
            posix_spawn_file_actions_adddup2(&actions, descriptor, Int32(target))
        }
        posix_spawn_file_actions_addclosefrom_np(&actions, 3)

        var attributes = posix_spawnattr_t()
        posix_spawnattr_init(&attributes)
        defer { posix_spawnattr_destroy(&attributes) }
        var signals = sigset_t()
        sigemptyset(&signals)
        posix_spawnattr_setsigmask(&attributes, &signals)
        sigfillset(&signals)
        posix_spawnattr_setsigdefault(&attributes, &signals)
        posix_spawnattr_setflags(
            &attributes, Int16(POSIX_SPAWN_SETSIGDEF | POSIX_SPAWN_SETSIGMASK) | linux_spawn_setsid)

        return CStrings.with(arguments) { arguments in
            CStrings.with(environment) { environment in
                posix_spawn(&pid, path, &actions, &attributes, arguments, environment)
            }
        }
    }
}
