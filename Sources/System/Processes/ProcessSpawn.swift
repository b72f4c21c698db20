import CLinux
import Glibc
import Messages

/// How a program is started: in a session of its own, and with nothing of this process's but three descriptors.
package enum ProcessSpawn {
    /// `posix_spawn`: default signals, an empty signal mask, a new session, descriptors 0 to 2 and no others.
    /// - Parameters:
    ///   - arguments: all of them, from the program's own name on.
    ///   - environment: as `NAME=value`.
    ///   - standard: what becomes its descriptors 0, 1 and 2.
    /// - Returns: the number of the new process.
    package static func start(
        _ path: String, _ arguments: [String], environment: [String], standard: [Int32]
    ) throws(SystemFailure) -> Int32 {
        var actions = unsafe posix_spawn_file_actions_t()
        unsafe posix_spawn_file_actions_init(&actions)
        defer { unsafe posix_spawn_file_actions_destroy(&actions) }
        // In a node without standard descriptors a pipe gets their numbers. The input's reading end was created first,
        // so it alone can have one of them, and it is moved to 0 before anything is put on 1 and 2.
        for (target, descriptor) in standard.enumerated() {
            unsafe posix_spawn_file_actions_adddup2(&actions, descriptor, Int32(target))
        }
        unsafe posix_spawn_file_actions_addclosefrom_np(&actions, 3)

        var attributes = posix_spawnattr_t()
        unsafe posix_spawnattr_init(&attributes)
        defer { unsafe posix_spawnattr_destroy(&attributes) }
        var signals = sigset_t()
        unsafe sigemptyset(&signals)
        unsafe posix_spawnattr_setsigmask(&attributes, &signals)
        unsafe sigfillset(&signals)
        unsafe posix_spawnattr_setsigdefault(&attributes, &signals)
        unsafe posix_spawnattr_setflags(
            &attributes, Int16(POSIX_SPAWN_SETSIGDEF | POSIX_SPAWN_SETSIGMASK) | linux_spawn_setsid)

        var pid: pid_t = 0
        let failure = unsafe CStrings.with(arguments) { arguments in
            unsafe CStrings.with(environment) { environment in
                unsafe path.withPath { unsafe posix_spawn(&pid, $0, &actions, &attributes, arguments, environment) }
            }
        }
        guard failure == 0 else { throw SystemFailure(failure, "cannot start \(path)") }
        return pid
    }
}
