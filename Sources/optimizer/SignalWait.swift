import Glibc
import System

/// Signals, taken by one thread that waits for them: no handler runs anywhere.
struct SignalWait {
    enum Arrival: Equatable {
        case end, reload, wakeUp
    }

    /// Made before any client, so that the client's threads do not take them.
    private let signals = BlockedSignals([SIGTERM, SIGINT, SIGHUP, SIGUSR1, SIGUSR2])

    func wait() -> Arrival { Self.meaning(of: signals.wait()) }

    /// What has arrived since the last look, wake-ups left out; never waits.
    func arrived() -> Arrival? {
        while let number = signals.next() {
            let arrival = Self.meaning(of: number)
            if arrival != .wakeUp { return arrival }
        }
        return nil
    }

    /// Makes `wait` return `.wakeUp`; any thread. Anybody may send the signal: look whether there is a reason.
    func wakeUp() { kill(getpid(), SIGUSR1) }

    private static func meaning(of number: Int32) -> Arrival {
        switch number {
        case SIGHUP: .reload
        case SIGUSR1, SIGUSR2: .wakeUp
        default: .end
        }
    }
}
