import Scheduling
import Synchronization
import System

/// The thread that looks at all hosts: every 10 ms at those that work, every second at those that do not.
final class HostMonitor: Sendable {
    private let shared: Shared
    private let thread: PermanentThread

    /// What the thread and those who call it share.
    private final class Shared: Sendable {
        let watches = Mutex<[HostWatch]>([])
        let wake: WakeDescriptor
        /// Set while the thread waits for a step to begin.
        let isAsleep = Atomic(false)
        let isStopped = Atomic(false)
        /// In nanoseconds.
        let lastLook = Atomic<Int64>(MonotonicTime.now().nanoseconds)

        init() throws(SystemFailure) {
            wake = try WakeDescriptor()
        }
    }

    /// - Throws: `SystemFailure` when there is no thread.
    init() throws(SystemFailure) {
        let shared = try Shared()
        self.shared = shared
        thread = try PermanentThread(name: "host-monitor") { Self.run(shared) }
    }

    func add(_ watch: HostWatch) {
        shared.watches.withLock { $0.append(watch) }
        stepBegins()
    }

    /// Wakes the thread if it sleeps. On the way of every step, so it costs next to nothing if it does not.
    func stepBegins() {
        guard shared.isAsleep.load(ordering: .sequentiallyConsistent) else { return }
        if shared.isAsleep.exchange(false, ordering: .sequentiallyConsistent) { shared.wake.signal() }
    }

    /// When the thread last looked; it does so every second at least.
    var lastLook: MonotonicTime { MonotonicTime(nanoseconds: shared.lastLook.load(ordering: .relaxed)) }

    /// - Returns: whether the thread has ended by then.
    func stop(until: MonotonicTime) -> Bool {
        shared.isStopped.store(true, ordering: .sequentiallyConsistent)
        shared.wake.signal()
        return thread.join(until: until)
    }

    // MARK: The thread

    /// Turns without a step before it goes to sleep: steps that follow each other closely do not wake it one by one.
    private static let patience = 5

    private static func run(_ shared: Shared) {
        var trees = Trees()
        var quietTurns = 0
        while !shared.isStopped.load(ordering: .sequentiallyConsistent) {
            let now = MonotonicTime.now()
            shared.lastLook.store(now.nanoseconds, ordering: .relaxed)
            let watches = shared.watches.withLock { $0 }
            let (next, isBusy) = lookAtAll(watches, &trees, at: now, shared)
            quietTurns = isBusy ? 0 : quietTurns + 1
            guard quietTurns > patience else {
                // Never at once: what a look costs must stay small beside the time between two.
                _ = shared.wake.wait(until: max(next, now.adding(nanoseconds: 2_000_000)))
                continue
            }
            shared.isAsleep.store(true, ordering: .sequentiallyConsistent)
            // A step that began before it was set does not wake anybody.
            if !watches.contains(where: \.isBusy) { _ = shared.wake.wait(until: now.adding(milliseconds: 1000)) }
            shared.isAsleep.store(false, ordering: .sequentiallyConsistent)
        }
    }

    private static func lookAtAll(
        _ watches: [HostWatch], _ trees: inout Trees, at now: MonotonicTime, _ shared: Shared
    ) -> (next: MonotonicTime, isBusy: Bool) {
        var next = now.adding(milliseconds: 10)
        var isBusy = false
        var gone: [HostWatch] = []
        for watch in watches {
            switch trees.look(at: watch, now) {
            case .gone: gone.append(watch)
            case .idle: break
            case .busy(let soon):
                isBusy = true
                next = min(next, soon)
            }
        }
        for watch in gone {
            trees.forget(watch)
            shared.watches.withLock { $0.removeAll { $0 === watch } }
        }
        return (next, isBusy)
    }

    /// The process trees of hosts without a control group.
    private struct Trees {
        private final class Tree {
            var tree: ProcessTree
            init(_ pid: Int32) { tree = ProcessTree(pid) }
        }

        private var trees: [ObjectIdentifier: Tree] = [:]

        mutating func look(at watch: HostWatch, _ now: MonotonicTime) -> HostWatch.Look {
            let known = trees[ObjectIdentifier(watch)]
            let tree = known ?? Tree(watch.pid)
            if known == nil { trees[ObjectIdentifier(watch)] = tree }
            if watch.cgroup == nil { tree.tree.look() }
            return watch.look(tree.tree, at: now)
        }

        mutating func forget(_ watch: HostWatch) { trees[ObjectIdentifier(watch)] = nil }
    }
}
