package import Scheduling
import Synchronization
import System

/// Starts hosts, all of them from one thread that lives as long as they do.
///
/// A host asks the kernel to be killed with its parent, and to the kernel the parent is the *thread* that started it:
/// were a slot's thread to start it, the end of that thread would end the host. So `stop()` ends every host that is
/// left.
///
/// From the first spawner on, the process ignores SIGPIPE (a host may die while it is written to) and adopts orphans
/// (see `ProcessTable`).
package final class HostSpawner: Sendable {
    private let launcher: String
    private let isolation: Isolation?
    private let queue: Queue
    private let thread: PermanentThread

    /// - Parameters:
    ///   - launcher: the path of `optimizer-host`, through which every command is started.
    ///   - isolation: what keeps the hosts in their limits; nil: nothing does.
    /// - Throws: `HostFailure` of code `resources`.
    package init(launcher: String, isolation: Isolation? = nil) throws(HostFailure) {
        OwnProcess.ignoreBrokenPipes()
        self.launcher = launcher
        self.isolation = isolation
        let queue = try HostFailure.ifRefused(Queue.init)
        self.queue = queue
        thread = try HostFailure.ifRefused { () throws(SystemFailure) in
            try PermanentThread(name: "spawner") { queue.work() }
        }
    }

    deinit {
        stop()
    }

    /// Starts a host; blocks the calling thread until its process is there, which takes a millisecond. Ready it is
    /// later: see `Host.awaitReady`.
    /// - Throws: `HostFailure` of code `resources`, `launcher` or `stopped`.
    package func spawn(_ command: HostCommand) throws(HostFailure) -> Host {
        let order = try Order(command: command, launcher: launcher, isolation: isolation)
        guard queue.add(order) else { throw HostFailure(.stopped, "no more hosts are started: the node is stopping") }
        return Host(try order.await(), framing: command.framing, isolation: isolation)
    }

    /// Ends the spawner's thread, and with it every host that still runs.
    ///
    /// - Parameter until: how long the thread is waited for: it may be about to start a program from a disk that does
    ///   not answer.
    /// - Returns: whether it has ended.
    @discardableResult
    package func stop(until: MonotonicTime = .now().adding(milliseconds: 10_000)) -> Bool {
        queue.stop()
        return thread.join(until: until)
    }

    /// Kills every host of this process and what they have started, for a process that ends without waiting for its
    /// threads. Takes no lock, since one of those threads may hold it, and at most about `withinMs`.
    package static func killAll(withinMs: Int) { ProcessTable.killAll(until: .now().adding(milliseconds: withinMs)) }
}

extension HostSpawner {
    /// One process to start, and the place where the waiting thread finds it.
    private final class Order: Sendable {
        private let command: HostCommand
        private let launcher: String
        private let isolation: Isolation?
        private let done: WakeDescriptor
        private let result = Mutex<Result<SpawnedProcess, HostFailure>?>(nil)

        init(command: HostCommand, launcher: String, isolation: Isolation?) throws(HostFailure) {
            self.command = command
            self.launcher = launcher
            self.isolation = isolation
            done = try HostFailure.ifRefused(WakeDescriptor.init)
        }

        func carryOut() {
            let outcome: Result<SpawnedProcess, HostFailure>
            var confinement: Confinement?
            do throws(HostFailure) {
                confinement = try isolation?.admit()
                outcome = .success(
                    try ProcessTable.shared.add { () throws(HostFailure) in
                        try SpawnedProcess.start(command, launcher: launcher, confinement: confinement)
                    })
            } catch {
                outcome = .failure(error)
                if let confinement { isolation?.release(confinement) }
            }
            result.withLock { $0 = outcome }
            done.signal()
        }

        func await() throws(HostFailure) -> SpawnedProcess {
            while true {
                _ = done.wait(until: nil)
                if let result = result.withLock({ $0 }) { return try result.get() }
            }
        }
    }

    /// The orders that wait for the spawner's thread.
    private final class Queue: Sendable {
        private struct State {
            var orders: [Order] = []
            var isStopping = false
        }

        private let state = Mutex(State())
        private let wake: WakeDescriptor

        init() throws(SystemFailure) {
            wake = try WakeDescriptor()
        }

        /// Returns false when the spawner is stopping.
        func add(_ order: Order) -> Bool {
            let isAdded = state.withLock { state in
                if !state.isStopping { state.orders.append(order) }
                return !state.isStopping
            }
            wake.signal()
            return isAdded
        }

        func stop() {
            state.withLock { $0.isStopping = true }
            wake.signal()
        }

        /// What the spawner's thread does: starts hosts, and reaps every second what living ones have left behind. Orders
        /// that were taken are carried out, also those before a stop.
        func work() {
            var reapedAt = MonotonicTime.now()
            while true {
                _ = wake.wait(until: reapedAt.adding(milliseconds: 1000))
                let (orders, isStopping) = state.withLock { state in
                    defer { state.orders = [] }
                    return (state.orders, state.isStopping)
                }
                for order in orders { order.carryOut() }
                if isStopping { return }
                let now = MonotonicTime.now()
                if now.milliseconds(since: reapedAt) >= 1000 {
                    reapedAt = now
                    ProcessTable.shared.reapEnded()
                }
            }
        }
    }
}
