import Glibc
import Scheduling
import Synchronization
import System

/// The hosts of this process, whichever spawner started them, and the orphans they leave behind.
///
/// The process is a subreaper: a grandchild that loses its parent becomes a child of the node instead of slipping away
/// to init. Every host leads a session of its own, so an orphan is what is a child of the node, in a foreign session,
/// and not in the session of a living host. Children in the node's own session are somebody else's and left alone, and
/// so is what a `ChildProgram` has started.
final class ProcessTable: Sendable {
    static let shared = ProcessTable()

    /// The hosts and child programs that have not been reaped. Spawning holds it too: a process must not be seen before
    /// it is known.
    private static let known = Mutex<[Int32: SpawnedProcess.State]>([:])

    /// In the environment of every child program and of all it starts. Random, so that no host can claim to be one.
    static let childMark = (name: "CHILD_PROGRAM_OF", value: String(UInt64.random(in: .min ... .max)))

    private init() {
        OwnProcess.adoptOrphans()
    }

    /// Takes in the child program that `spawn` starts.
    static func addProgram(_ spawn: () throws(HostFailure) -> ProcessHandle) throws(HostFailure) -> ProcessHandle {
        try add(spawn, pid: \.pid)
    }

    /// A child program has been reaped.
    static func removeProgram(_ pid: Int32) { known.withLock { $0[pid] = nil } }

    /// Takes in the process that `spawn` starts.
    func add(_ spawn: () throws(HostFailure) -> SpawnedProcess) throws(HostFailure) -> SpawnedProcess {
        try Self.add(spawn, pid: \.handle.pid)
    }

    private static func add<Started>(
        _ spawn: () throws(HostFailure) -> Started, pid: (Started) -> Int32
    ) throws(HostFailure) -> Started {
        // Not a throwing closure: `withLock` does not infer typed errors through a result.
        let result = known.withLock { known -> Result<Started, HostFailure> in
            do throws(HostFailure) {
                let started = try spawn()
                known[pid(started)] = .running
                return .success(started)
            } catch {
                return .failure(error)
            }
        }
        return try result.get()
    }

    /// Reaps a host that has been killed, then ends what it left behind.
    func bury(_ process: SpawnedProcess) -> ExitStatus {
        let status = Self.known.withLock { known in
            guard case .ended(let status, _) = process.handle.look(reaping: true) else {
                known[process.handle.pid] = .abandoned
                return ExitStatus.unfinished
            }
            known[process.handle.pid] = nil
            return status
        }
        sweep()
        return status
    }

    /// Ends and reaps the orphans of hosts. Each that ends may leave new ones, so it goes on until none is left.
    func sweep() {
        for _ in 0..<1000 {
            let orphans = killOrphans()
            if orphans.isEmpty { return }
            for orphan in orphans { reap(orphan) }
        }
    }

    /// Reaps what a host has started, left to the node and not waited for: a host that does so with every step would
    /// fill the table of processes with its dead for as long as it lives itself. Never waits, and ends nobody.
    ///
    /// Each is asked for by its number and under the lock: a host, a child program or what follows it under the same
    /// number is known by then, and its end is left to who waits for it.
    func reapEnded() {
        let children = ProcessFiles.ownChildren()
        Self.known.withLock { known in
            let ownSession = getsid(0)
            for child in children {
                if known[child] == .abandoned { _ = reapIfEnded(child, &known) }
                guard known[child] == nil else { continue }
                let session = getsid(child)
                if session >= 0, session != ownSession { waitpid(child, nil, WNOHANG) }
            }
        }
    }

    private func killOrphans() -> [Int32] {
        Self.known.withLock { known in
            let ownSession = getsid(0)
            return ProcessFiles.ownChildren().filter { child in
                guard known[child] == nil else { return known[child] == .abandoned && reapIfEnded(child, &known) }
                let session = getsid(child)
                guard session >= 0, session != ownSession, known[session] != .running,
                    !Self.belongsToProgram(child)
                else { return false }
                kill(child, SIGKILL)
                return true
            }
        }
    }

    /// Kills every child in a session of its own, again and again, until there is none that runs: what a killed host had
    /// started becomes a child of this process. For the end of the process: it reaps under the eyes of the threads that
    /// own the hosts, and asks nobody, since the lock may be held by a thread that never lets go of it.
    static func killAll(until: MonotonicTime) {
        let ownSession = getsid(0)
        while true {
            let foreign = ProcessFiles.ownChildren().filter { child in
                let session = getsid(child)
                return session >= 0 && session != ownSession && !belongsToProgram(child)
            }
            for child in foreign {
                // The group while its leader has not been reaped: until then nobody else can have the number.
                if getpgid(child) == child { killpg(child, SIGKILL) }
                kill(child, SIGKILL)
            }
            let left = foreign.filter { waitpid($0, nil, WNOHANG) == 0 }
            guard !foreign.isEmpty, MonotonicTime.now() < until else { return }
            if let first = left.first { awaitEnd(of: first, until: until) }
        }
    }

    private static func awaitEnd(of child: Int32, until: MonotonicTime) {
        guard let handle = try? ProcessHandle(child) else { return }
        _ = handle.awaitEnd(until: min(until, .now().adding(milliseconds: 50)))
        handle.close()
    }

    private static func belongsToProgram(_ child: Int32) -> Bool {
        let environment = FileContent.read("/proc/\(child)/environ")
        let mark = Array("\(childMark.name)=\(childMark.value)".utf8)
        return environment.split(separator: 0).contains { $0.elementsEqual(mark) }
    }

    /// Reaps a host that could not be reaped when it was killed; never waits.
    private func reapIfEnded(_ child: Int32, _ known: inout [Int32: SpawnedProcess.State]) -> Bool {
        if waitpid(child, nil, WNOHANG) == child { known[child] = nil }
        return false
    }

    private func reap(_ orphan: Int32) {
        if let handle = try? ProcessHandle(orphan) {
            _ = handle.awaitEnd(until: .now().adding(milliseconds: 1000))
            handle.close()
        }
        Self.known.withLock { known in
            // Reaped by another thread meanwhile, its number may be a new host's.
            guard known[orphan] == nil else { return }
            // One that hangs in the kernel (a file system that is gone) dies when it can; nobody waits for it.
            if waitpid(orphan, nil, WNOHANG) == 0 { known[orphan] = .abandoned }
        }
    }
}
