import Dispatch
import Glibc
import Synchronization
import System

/// Lets as many tests run at once as the machine carries: one for each processor always, and more while processors are
/// idle. A test that waits for its turn blocks no thread.
package final class MachineGate: Sendable {
    package static let shared = MachineGate(processors: SystemFacts.usableProcessors)

    /// The part of all processors that must have been idle for more than `TurnQueue` always lets in.
    private static let enoughIdle = 0.25
    /// Time enough to see what the test served last does to the machine.
    private static let pause = DispatchTimeInterval.milliseconds(250)

    private struct State {
        var queue: TurnQueue
        var served: [Int: CheckedContinuation<Void, Never>] = [:]
        var sinceLastServed = ProcessorTimes.now()
        var isLooking = false
    }

    private let state: Mutex<State>
    private let timer = DispatchQueue(label: "machine gate")

    private init(processors: Int) {
        state = Mutex(State(queue: TurnQueue(processors: processors)))
    }

    /// Runs a body with a share of the machine, once it is there.
    func withShare<Result: Sendable>(
        _ share: TurnQueue.Share, _ body: () async throws -> Result
    ) async rethrows -> Result {
        await withCheckedContinuation { continuation in
            state.withLock { state in
                let ticket = state.queue.enter(share)
                state.served[ticket] = continuation
            }
            serve(hasRoom: false)
        }
        defer {
            state.withLock { $0.queue.leave(share) }
            serve(hasRoom: false)
        }
        return try await body()
    }

    /// Serves everyone whose turn it is, and looks again later where someone still waits.
    private func serve(hasRoom: Bool) {
        var hasRoom = hasRoom
        var next: [CheckedContinuation<Void, Never>] = []
        let mustLook = state.withLock { state in
            while let ticket = state.queue.next(hasRoom: hasRoom) {
                if let continuation = state.served.removeValue(forKey: ticket) { next.append(continuation) }
                state.sinceLastServed = .now()
                // What there was of it is the last one's now.
                hasRoom = false
            }
            defer { state.isLooking = state.isLooking || state.queue.isAnyoneWaiting }
            return state.queue.isAnyoneWaiting && !state.isLooking
        }
        for continuation in next { continuation.resume() }
        if mustLook { timer.asyncAfter(deadline: .now() + Self.pause) { self.look() } }
    }

    private func look() {
        let idle = state.withLock { state in
            state.isLooking = false
            return ProcessorTimes.now().idleShare(since: state.sinceLastServed)
        }
        serve(hasRoom: idle >= Self.enoughIdle)
    }
}

/// What all processors of the machine have done since it started, in ticks.
private struct ProcessorTimes {
    private var idle = 0
    private var all = 0

    static func now() -> ProcessorTimes {
        // "cpu  user nice system idle iowait irq softirq steal …". What is niced gives way, so it counts as idle.
        let line = Files.read("/proc/stat").prefix { $0 != UInt8(ascii: "\n") }
        let ticks = String(decoding: line, as: UTF8.self).split(separator: " ").dropFirst().prefix(8).map {
            Int($0) ?? 0
        }
        guard ticks.count >= 5 else { return ProcessorTimes() }
        return ProcessorTimes(idle: ticks[1] + ticks[3] + ticks[4], all: ticks.reduce(0, +))
    }

    /// 0 where no time has passed.
    func idleShare(since earlier: ProcessorTimes) -> Double {
        all > earlier.all ? Double(idle - earlier.idle) / Double(all - earlier.all) : 0
    }
}
