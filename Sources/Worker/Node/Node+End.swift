import Hosting
import Messages
import Metrics
import Scheduling
import Synchronization
import System

/// The end of what a node has started.
extension Node {
    /// The threads that have been started.
    struct Threads {
        var slots: [PermanentThread] = []
        var externals: PermanentThread?
        var monitor: PermanentThread?
        var transactions: PermanentThread?
        var serviceWatch: PermanentThread?
    }

    /// What the threads and the clients may take to end, in ms, all together.
    private static let endMs = 3000

    /// Ends what the node has started, each after what uses it, by one deadline. A thread that is not over by then sits
    /// in a call that does not return: it is left behind, with the clients, which it may be using.
    func end(_ threads: Threads) {
        let work = work.withLock { $0 }
        let ending = Ending(until: .now().adding(milliseconds: Self.endMs))
        _ = state.decide { $0.stop() }
        state.abandonRunning()
        state.wakeAllSlots()
        dataWatch.stop()
        lagWatch.stop()
        control?.stop()
        for thread in threads.slots { ending.join(thread) }
        if let externals = work?.externals {
            // A process that the kernel does not let go of is waited for as little as a thread.
            let isOver = BoundedCall.run("externals-end", until: ending.deadline) { externals.stop() } != nil
            ending.note("external hosts", isOver)
        }
        ending.join(threads.externals)
        ending.note("spawner", spawner.stop(until: ending.deadline))
        ending.note("host-monitor", isolation.stop(until: ending.deadline))
        work?.caller?.stop()
        ending.join(threads.transactions)
        work?.monitor.stop()
        ending.join(threads.monitor)
        server.withLock { $0.take() }?.stop()
        serviceWatch?.stop()
        ending.join(threads.serviceWatch)
        if ending.leftBehind.isEmpty {
            work?.closeClients(ending)
        } else {
            work?.abandonClients()
        }
        guard !ending.leftBehind.isEmpty else { return }
        log.warning(
            "left behind: they did not end in time", JSONMember("what", .array(ending.leftBehind.map { .string($0) })))
    }
}
