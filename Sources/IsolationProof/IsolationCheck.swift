import Glibc
package import Hosting
import Scheduling
import System

/// Proves on the machine at hand which guarantees hold: hosts that commit real offences, in the limits and the sandbox
/// that a node's hosts have.
package struct IsolationCheck: Sendable {
    /// What was found of one guarantee.
    package struct Finding: Sendable {
        /// One short word or two.
        package let name: String
        /// What is guaranteed.
        package let guarantee: String
        package let holds: Bool
        /// Whether the settings ask for it; where they do not, it need not hold.
        package let isAskedFor: Bool
        /// What was seen.
        package let seen: String
    }

    private let isolation: Isolation
    private let spawner: HostSpawner
    private let offender: String
    private let patience: Int

    /// - Parameters:
    ///   - isolation: what is tried.
    ///   - offender: the path of `optimizer-offender`, which prepares its processes the way `optimizer-host` does.
    ///   - patience: how many times longer than usual an offence may take to come to its end.
    /// - Throws: `HostFailure` of code `resources`.
    package init(isolation: Isolation, offender: String, patience: Int = 1) throws(HostFailure) {
        self.patience = patience
        self.isolation = isolation
        self.offender = offender
        spawner = try HostSpawner(launcher: offender, isolation: isolation)
    }

    /// Ends the thread that starts the hosts; nothing can be tried any more.
    package func stop() { spawner.stop() }

    /// What can be tried in milliseconds and hurts nobody: what hosts can reach.
    /// - Throws: `HostFailure` when no host can be had.
    package func short() throws(HostFailure) -> [Finding] {
        let host = try ready()
        let other = try ready()
        defer {
            host.kill()
            other.kill()
        }
        let sandbox = isolation.settings.sandbox
        let file = "/etc/passwd"
        let attempts: [(Offence, String, String, String, Bool)] = [
            (.readEnvironment, "", "node's environment", "cannot be read", sandbox != .off),
            (.readMemory, "", "node's memory", "cannot be read", sandbox != .off),
            (.readMemory, String(other.pid), "other hosts' memory", "cannot be read", sandbox != .off),
            (.gainPrivileges, "", "privileges", "none, and none to gain", sandbox != .off),
            (.network, "", "network", "cannot be reached", sandbox == .strict),
            (.write, "/tmp", "files", "none are written but in its own directory", sandbox == .strict),
            (.readFile, file, "system's files", "only what programs need, and the data", sandbox == .strict),
            (.signal, "", "node's life", "gets no signal from a host", sandbox != .off),
            (.signal, String(other.pid), "signals", "reach no process but its own", sandbox == .strict),
        ]
        return attempts.map { offence, detail, name, guarantee, isAskedFor in
            let (refused, seen) = attempt(offence, detail, on: host)
            return Finding(name: name, guarantee: guarantee, holds: refused, isAskedFor: isAskedFor, seen: seen)
        }
    }

    /// All of it; takes some ten seconds.
    /// - Parameter progress: called with each finding.
    /// - Throws: `HostFailure` when no host can be had.
    package func full(_ progress: (Finding) -> Void) throws(HostFailure) {
        progress(try processor())
        let limit = isolation.settings.ceilings.memoryMB
        progress(try memory(.hoard, "memory, slowly", "\(limit) MB", upTo: limit + 64))
        progress(try memory(.grab, "memory, at once", "\(limit) MB", upTo: 2 * limit + 64))
        progress(try memory(.spreadMemory, "memory of children", "\(limit) MB together", upTo: 2 * limit + 64))
        progress(try contained(.fillSharedMemory, "shared memory", "counts as memory, or cannot be written"))
        progress(try processes())
        progress(try contained(.longFile, "long files", "end at \(isolation.settings.fileMB) MB"))
        progress(try contained(.manyFiles, "open files", "at most \(isolation.settings.openFiles)"))
        progress(try contained(.recursion, "deep recursion", "ends the host alone"))
        progress(try daemon())
        for finding in try short() { progress(finding) }
    }

    // MARK: One offence each

    private func processor() throws(HostFailure) -> Finding {
        let percent = isolation.settings.ceilings.cpuPercent
        let (outcome, usage, milliseconds) = try commit(.burn, deadlineMs: 2000)
        let used = usage.cpuMs / milliseconds * 100
        return Finding(
            name: "processor", guarantee: "at most \(percent) % of a core, of all threads together",
            holds: outcome.isOver && used < Double(percent) + 5, isAskedFor: true,
            seen: "\(Self.rounded(used)) %, held back for \(Self.rounded(usage.throttledMs)) of "
                + "\(Self.rounded(milliseconds)) ms")
    }

    private func memory(
        _ offence: Offence, _ name: String, _ guarantee: String, upTo most: Int
    ) throws(HostFailure) -> Finding {
        let (outcome, usage, _) = try commit(offence, deadlineMs: 5000 * patience)
        let peak = max(Int(usage.peakMB), outcome.exceeded?.peak ?? 0)
        let isEnded = outcome.exceeded?.resource == .memory || outcome.text?.hasPrefix("refused") == true
        return Finding(
            name: name, guarantee: guarantee, holds: isEnded && peak <= most, isAskedFor: true,
            seen: "\(outcome.words); at most \(peak) MB seen")
    }

    private func contained(_ offence: Offence, _ name: String, _ guarantee: String) throws(HostFailure) -> Finding {
        let (outcome, _, _) = try commit(offence, deadlineMs: 3000 * patience)
        let holds =
            switch outcome {
            case .answered: outcome.text?.hasPrefix("refused") == true
            case .timedOut: false
            case .lost: true
            }
        return Finding(name: name, guarantee: guarantee, holds: holds, isAskedFor: true, seen: outcome.words)
    }

    private func processes() throws(HostFailure) -> Finding {
        let limit = isolation.settings.processes
        let host = try ready()
        defer { host.kill() }
        let outcome = run(.forkBomb, "", on: host, deadlineMs: 500)
        // Where the kernel refuses more, those there are go on: they are counted, then ended.
        let count = outcome.isOver && outcome.exceeded == nil ? 1 + ProcessFiles.descendants(of: host.pid).count : 0
        return Finding(
            name: "processes", guarantee: "at most \(limit), or the host is ended",
            holds: outcome.isOver && count <= limit, isAskedFor: true,
            seen: outcome.exceeded.map { "ended at \($0.peak ?? limit)" } ?? "\(count) processes, no more")
    }

    private func daemon() throws(HostFailure) -> Finding {
        let host = try ready()
        let outcome = run(.daemon, "", on: host, deadlineMs: 3000 * patience)
        host.kill()
        let left = hostsLeft()
        return Finding(
            name: "daemons", guarantee: "end with their host", holds: outcome.text == "done" && left == 0,
            isAskedFor: true, seen: left == 0 ? "none is left" : "\(left) left")
    }

    /// Processes of offenders that this process has started.
    private func hostsLeft() -> Int {
        DirectoryEntries.list("/proc").filter { name in
            guard Int32(name) != nil else { return false }
            let line = FileContent.text("/proc/\(name)/cmdline")
            return line.contains("--parent\0\(getpid())\0") && line.hasSuffix("offend\0")
        }.count
    }

    // MARK: Hosts

    private func ready() throws(HostFailure) -> Host {
        let host = try spawner.spawn(HostCommand(executable: offender, arguments: ["offend"]))
        _ = try host.awaitReady(until: .now().adding(milliseconds: 10_000))
        return host
    }

    private func attempt(_ offence: Offence, _ detail: String, on host: Host) -> (refused: Bool, seen: String) {
        let outcome = run(offence, detail, on: host, deadlineMs: 3000 * patience)
        return (outcome.text?.hasPrefix("refused") == true, outcome.words)
    }

    private func commit(
        _ offence: Offence, deadlineMs: Int
    ) throws(HostFailure) -> (outcome: StepOutcome, usage: StepUsage, milliseconds: Double) {
        let host = try ready()
        defer { host.kill() }
        let start = MonotonicTime.now()
        let outcome = run(offence, "", on: host, deadlineMs: deadlineMs)
        return (outcome, host.usage, MonotonicTime.now().milliseconds(since: start))
    }

    private func run(_ offence: Offence, _ detail: String, on host: Host, deadlineMs: Int) -> StepOutcome {
        host.run(
            Array("\(offence.rawValue) \(detail)".utf8), deadline: .now().adding(milliseconds: deadlineMs))
    }

    private static func rounded(_ value: Double) -> Double { (value * 10).rounded() / 10 }
}

extension StepOutcome {
    fileprivate var text: String? {
        if case .answered(let bytes) = self { String(decoding: bytes, as: UTF8.self) } else { nil }
    }

    fileprivate var exceeded: LimitBreach? {
        if case .lost(let loss) = self, case .exceeded(let breach) = loss.kind { breach } else { nil }
    }

    /// Whether the offence did not get to its end by itself.
    fileprivate var isOver: Bool {
        if case .answered = self { false } else { true }
    }

    fileprivate var words: String {
        switch self {
        case .answered: text == "done" ? "it succeeded" : text ?? ""
        case .timedOut: "it went on until its deadline"
        case .lost(let loss): loss.description
        }
    }
}
