import Glibc

/// The command line of `optimizer-host exec`: written by the node, read by the launcher.
struct LauncherArguments: Equatable {
    struct Problem: Error, Equatable {
        let message: String
    }

    /// The process whose child the command must be, and with which it dies.
    var parent: Int32?
    /// Where the command starts.
    var directory: String?
    /// The most memory the command may allocate, in MB of 2^20 bytes (`RLIMIT_DATA`, per process).
    var memoryMB: Int?
    /// The longest file it may write, in MB of 2^20 bytes (`RLIMIT_FSIZE`).
    var fileMB: Int?
    /// How many files it may have open (`RLIMIT_NOFILE`).
    var openFiles: Int?
    /// How many processes and threads its user may have (`RLIMIT_NPROC`).
    var processes: Int?
    /// By what means it is kept away from everything else.
    var means: Set<SandboxPlan.Means> = []
    /// The user it becomes.
    var user: Int?
    /// Its temporary directory, the only place it may write to.
    var scratch: String?
    /// What it may read beyond what every program may.
    var readable: [String] = []
    /// Whether to say what is not to be had, and end, instead of becoming the command.
    var isProbe = false
    /// The directory of the control group it joins.
    var cgroup: String?
    /// The command and its arguments.
    var command: [String]

    init(_ command: HostCommand, _ confinement: Confinement? = nil) {
        parent = getpid()
        memoryMB = confinement?.memoryMB
        fileMB = confinement?.fileMB
        openFiles = confinement?.openFiles
        processes = confinement?.processes
        cgroup = confinement?.cgroup?.path
        means = confinement?.plan.means ?? []
        user = confinement?.user
        isProbe = confinement?.isProbe ?? false
        scratch = confinement?.scratch
        if let confinement, means.contains(.landlock) {
            readable = confinement.readable + ReadablePaths.needed(by: command)
        }
        directory = command.workingDirectory
        self.command = [command.executable] + command.arguments
    }

    /// - Throws: `Problem` when the command line is not understood.
    init(parsing arguments: [String]) throws(Problem) {
        command = []
        var rest = arguments[...]
        while let option = rest.popFirst() {
            if option == "--" {
                command = Array(rest)
                break
            }
            if option == "--probe" {
                isProbe = true
                continue
            }
            guard let value = rest.popFirst() else { throw Problem(message: "\(option) needs a value") }
            switch option {
            case "--parent": parent = Int32(try Self.count(value, of: option, upTo: Int(Int32.max)))
            case "--directory": directory = value
            case "--memory-mb": memoryMB = try Self.count(value, of: option, upTo: 1 << 40)
            case "--file-mb": fileMB = try Self.count(value, of: option, upTo: 1 << 40)
            case "--open-files": openFiles = try Self.count(value, of: option, upTo: 1 << 20)
            case "--processes": processes = try Self.count(value, of: option, upTo: 1 << 20)
            case "--cgroup": cgroup = value
            case "--means": means = try Self.means(value)
            case "--user": user = try Self.count(value, of: option, upTo: 1 << 31)
            case "--scratch": scratch = value
            case "--readable": readable.append(value)
            default: throw Problem(message: "unknown option \(option)")
            }
        }
        guard !command.isEmpty else { throw Problem(message: "no command after --") }
    }

    /// The whole argument list, from the name of the launcher on.
    var list: [String] {
        var list = ["optimizer-host", "exec"]
        if let memoryMB { list += ["--memory-mb", String(memoryMB)] }
        if let fileMB { list += ["--file-mb", String(fileMB)] }
        if let openFiles { list += ["--open-files", String(openFiles)] }
        if let processes { list += ["--processes", String(processes)] }
        if !means.isEmpty { list += ["--means", means.map(\.rawValue).sorted().joined(separator: ",")] }
        if let user { list += ["--user", String(user)] }
        if let scratch { list += ["--scratch", scratch] }
        for path in readable { list += ["--readable", path] }
        if isProbe { list.append("--probe") }
        if let cgroup { list += ["--cgroup", cgroup] }
        if let directory { list += ["--directory", directory] }
        if let parent { list += ["--parent", String(parent)] }
        return list + ["--"] + command
    }

    private static func means(_ text: String) throws(Problem) -> Set<SandboxPlan.Means> {
        var means: Set<SandboxPlan.Means> = []
        for name in text.split(separator: ",") {
            guard let one = SandboxPlan.Means(rawValue: String(name)) else {
                throw Problem(message: "--means does not know \(name)")
            }
            means.insert(one)
        }
        return means
    }

    private static func count(_ text: String, of option: String, upTo limit: Int) throws(Problem) -> Int {
        guard let count = Int(text), (1...limit).contains(count) else {
            throw Problem(message: "\(option) takes a number from 1 to \(limit), not \"\(text)\"")
        }
        return count
    }
}
