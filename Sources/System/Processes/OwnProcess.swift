import CLinux
import Glibc
import Messages

/// What a process does to itself, for as long as it lives.
package enum OwnProcess {
    /// What can be limited, for this process and what it starts.
    package enum Resource: Sendable {
        case coreSize
        /// What it may allocate, in bytes: more than it holds, since what is mapped and not used counts.
        case memory
        /// The longest file it may write, in bytes.
        case fileSize
        case openFiles
        /// Processes and threads of its user.
        case processes
    }

    /// Has processes that lose their parent become children of this one, where it is among their forebears, instead of
    /// slipping away to init.
    package static func adoptOrphans() { _ = linux_become_subreaper() }

    /// A write to who has hung up is then an error, instead of the end of this process.
    package static func ignoreBrokenPipes() { signal(SIGPIPE, SIG_IGN) }

    /// Keeps other processes of the same user from reading this one's memory and environment.
    package static func becomeUndumpable() { _ = linux_become_undumpable() }

    /// Is killed with its parent, which to the kernel is the thread that started it. A parent that has died before
    /// sends no signal any more: look who it is afterwards.
    package static func dieWithParent() throws(SystemFailure) {
        try SystemFailure.check(linux_die_with_parent(), "cannot tie the process to its parent")
    }

    /// Sets both limits, so that it cannot be raised again.
    package static func limit(_ resource: Resource, to most: Int) throws(SystemFailure) {
        let (number, name) =
            switch resource {
            case .coreSize: (RLIMIT_CORE, "core size")
            case .memory: (RLIMIT_DATA, "memory")
            case .fileSize: (RLIMIT_FSIZE, "file size")
            case .openFiles: (RLIMIT_NOFILE, "number of open files")
            case .processes: (__RLIMIT_NPROC, "number of processes")
            }
        var limit = rlimit(rlim_cur: rlim_t(most), rlim_max: rlim_t(most))
        try unsafe SystemFailure.check(
            setrlimit(__rlimit_resource_t(number.rawValue), &limit), "cannot limit the \(name)")
    }

    /// Runs another program in this process. Returns only where it cannot.
    /// - Parameter command: the program, looked for in PATH, and its arguments.
    package static func become(_ command: [String]) -> SystemFailure {
        unsafe CStrings.with(command) { arguments in _ = unsafe command[0].withPath { unsafe execvp($0, arguments) } }
        return SystemFailure(errno, "cannot run \(command[0])")
    }
}
