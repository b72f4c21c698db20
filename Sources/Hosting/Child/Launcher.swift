import Glibc
import Messages
import System

/// What `optimizer-host exec` does: prepares its own process as a host's, then becomes the command.
///
/// `posix_spawn` can set neither limits nor a parent-death signal, so this runs in between.
package enum Launcher {
    /// - Parameters:
    ///   - arguments: what follows `exec` on the command line.
    ///   - builtIn: what the launcher's own executable does for given arguments, with its exit code. A command that
    ///     names that executable then needs no second start of it; nil starts it after all.
    /// - Returns: only when it failed, the exit code, as env(1) has it: 125 for a bad command line or a refused
    ///   preparation, 126 for a command that cannot be run, 127 for one that is not found.
    package static func run(_ arguments: [String], builtIn: ([String]) -> Int32?) -> Int32 {
        do throws(LauncherArguments.Problem) {
            let arguments = try LauncherArguments(parsing: arguments)
            var refusals: [(SandboxPlan.Means, String)] = []
            try prepare(arguments, Sandboxing(arguments) { refusals.append(($0, $1)) })
            if arguments.isProbe { return answer(arguments, refusals) }
            if let (means, reason) = refusals.first {
                throw .init(message: "cannot enter the sandbox (\(means.rawValue)): \(reason)")
            }
            if isThisExecutable(arguments.command[0]), let code = builtIn(Array(arguments.command.dropFirst())) {
                return code
            }
            return become(arguments.command)
        } catch {
            report(error.message)
            return 125
        }
    }

    private static func prepare(
        _ arguments: LauncherArguments, _ sandboxing: Sandboxing
    ) throws(LauncherArguments.Problem) {
        if let cgroup = arguments.cgroup {
            try check(KernelFile.write("0", to: "\(cgroup)/cgroup.procs"), "cannot join the control group \(cgroup)")
        }
        sandboxing.enterMounts()
        try demand(Privileges.refuseNew)
        try limit(.coreSize, to: 0)
        if let memoryMB = arguments.memoryMB { try limit(.memory, to: memoryMB << 20) }
        if let fileMB = arguments.fileMB { try limit(.fileSize, to: fileMB << 20) }
        if let openFiles = arguments.openFiles { try limit(.openFiles, to: openFiles) }
        if let processes = arguments.processes { try limit(.processes, to: processes) }
        if let directory = arguments.directory {
            try check(unsafe directory.withPath { unsafe chdir($0) } == 0, "cannot enter \(directory)")
        }
        sandboxing.enter()
        // After the change of user, which would undo it.
        if let parent = arguments.parent {
            try demand(OwnProcess.dieWithParent)
            // The parent may have died before it was tied to; then no signal comes any more.
            guard getppid() == parent else { throw .init(message: "the node that started it is gone") }
        }
        if !arguments.means.isEmpty { OwnProcess.becomeUndumpable() }
        sandboxing.refuseCalls()
    }

    /// Tells a node that asks what cannot be had: one line, with a tab before each.
    private static func answer(_ arguments: LauncherArguments, _ refusals: [(SandboxPlan.Means, String)]) -> Int32 {
        var line = "probed"
        for (means, reason) in refusals { line += "\t\(means.rawValue)=\(reason)" }
        for path in arguments.readable where unsafe path.withPath({ unsafe access($0, R_OK) }) != 0 && errno != ENOENT {
            line += "\tunreadable=\(path)"
        }
        let bytes = Array((line + "\n").utf8)
        return unsafe write(1, bytes, bytes.count) == bytes.count ? 0 : 74
    }

    private static func become(_ command: [String]) -> Int32 {
        let failure = OwnProcess.become(command)
        report("\(command[0]): \(failure.reason)")
        return failure.number == ENOENT ? 127 : 126
    }

    private static func isThisExecutable(_ path: String) -> Bool {
        var named = stat()
        var own = stat()
        guard path.contains("/"), unsafe path.withPath({ unsafe stat($0, &named) }) == 0,
            unsafe stat("/proc/self/exe", &own) == 0
        else {
            return false
        }
        return named.st_dev == own.st_dev && named.st_ino == own.st_ino
    }

    private static func limit(
        _ resource: OwnProcess.Resource, to most: Int
    ) throws(LauncherArguments.Problem) {
        try demand { () throws(SystemFailure) in try OwnProcess.limit(resource, to: most) }
    }

    /// Does what no host may be without.
    private static func demand(_ body: () throws(SystemFailure) -> Void) throws(LauncherArguments.Problem) {
        do throws(SystemFailure) {
            try body()
        } catch {
            throw .init(message: error.cause)
        }
    }

    private static func check(_ isDone: Bool, _ what: String) throws(LauncherArguments.Problem) {
        guard isDone else { throw .init(message: "\(what): \(describe(errno: errno))") }
    }

    private static func report(_ message: String) {
        StandardError.write("optimizer-host exec: \(message)")
    }
}
