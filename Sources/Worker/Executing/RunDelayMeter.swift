import Glibc
import Scheduling
import System

/// How long the main threads of hosts waited for a processor, and how long they had one, while they ran one slot's steps.
struct RunDelayMeter: ~Copyable {
    /// Of one or several steps.
    struct Reading: Sendable {
        let strategy: Int
        let onProcessorNanoseconds: Int64
        let waitingNanoseconds: Int64
    }

    private var pid: Int32 = -1
    private var descriptor: Int32 = -1
    private var last: RunTimes?
    private var lastRead = MonotonicTime(nanoseconds: 0)
    private var strategy = -1
    /// A look at the kernel's figures costs as much as a short step: those that follow each other closely share one.
    private static let intervalNanoseconds: Int64 = 10_000_000

    deinit { if descriptor >= 0 { close(descriptor) } }

    /// Notes that the host runs steps of this strategy from now on.
    /// - Returns: what it came to for those of the one before.
    mutating func begin(_ strategy: Int, on host: Int32, at now: MonotonicTime) -> Reading? {
        guard host != pid || strategy != self.strategy else { return nil }
        defer {
            if host != pid { open(host, at: now) }
            self.strategy = strategy
        }
        return end(at: now)
    }

    /// After a step: what it came to since the last look, if that was a while ago.
    mutating func endStep(at now: MonotonicTime) -> Reading? {
        now.nanoseconds(since: lastRead) < Self.intervalNanoseconds ? nil : end(at: now)
    }

    /// Looks: what it came to since the last look; nil where the host is gone or the kernel keeps no such figures.
    mutating func end(at now: MonotonicTime) -> Reading? {
        lastRead = now
        guard let times = read() else { return nil }
        defer { last = times }
        return last.map { last in
            Reading(
                strategy: strategy, onProcessorNanoseconds: max(0, times.onProcessor - last.onProcessor),
                waitingNanoseconds: max(0, times.waiting - last.waiting))
        }
    }

    private mutating func open(_ host: Int32, at now: MonotonicTime) {
        if descriptor >= 0 { close(descriptor) }
        pid = host
        descriptor = KernelFile.open("/proc/\(host)/schedstat")
        last = read()
        lastRead = now
    }

    private func read() -> RunTimes? { RunTimes(schedstat: KernelFile.read(descriptor)) }
}
