import Glibc

/// Signals, taken by one thread that waits for them: no handler runs anywhere.
struct SignalWait {
    enum Arrival: Equatable {
        case end, reload, wakeUp
    }

    private var set = sigset_t()

    /// Blocks the signals in this thread and in all it starts.
    init() {
        unsafe sigemptyset(&set)
        for signal in [SIGTERM, SIGINT, SIGHUP, SIGUSR1, SIGUSR2] { unsafe sigaddset(&set, signal) }
        unsafe pthread_sigmask(SIG_BLOCK, &set, nil)
    }

    func wait() -> Arrival {
        var copy = set
        while true {
            var number: Int32 = 0
            guard unsafe sigwait(&copy, &number) == 0 else { continue }
            switch number {
            case SIGHUP: return .reload
            case SIGUSR1, SIGUSR2: return .wakeUp
            default: return .end
            }
        }
    }

    /// What has arrived since the last look, wake-ups left out; never waits.
    func arrived() -> Arrival? {
        var copy = set
        var none = timespec()
        while true {
            switch unsafe sigtimedwait(&copy, nil, &none) {
            case ...0: return nil
            case SIGHUP: return .reload
            case SIGUSR1, SIGUSR2: continue
            default: return .end
            }
        }
    }

    /// Makes `wait` return `.wakeUp`; any thread. Anybody may send the signal: look whether there is a reason.
    func wakeUp() { kill(getpid(), SIGUSR1) }
}
