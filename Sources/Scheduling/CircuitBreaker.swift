/// Suspends a strategy that crashes every time: its requests are answered without being run, until a probe goes well.
package struct CircuitBreaker: Sendable {
    package struct Settings: Sendable, Equatable {
        package var isEnabled = false
        /// So many crashes one after the other suspend a strategy.
        package var crashes = 5
        /// After so long one step is run as a probe.
        package var openMs = 30_000

        package init() {}
    }

    /// What is done with a step that is about to begin.
    package enum Verdict: Sendable, Equatable {
        case run
        /// The next probe is due so much later; 0: one is under way.
        case suspended(retryMs: Int)
    }

    /// A strategy was suspended, or is run again.
    package struct Change: Sendable, Equatable {
        package let strategy: Int
        package let isSuspended: Bool
    }

    private enum State {
        case closed(crashes: Int)
        case open(until: MonotonicTime)
        case probing(token: UInt64)
    }

    package let settings: Settings
    /// Only those that have crashed and not gone well since.
    private var states: [Int: State] = [:]

    package init(_ settings: Settings) { self.settings = settings }

    /// Whether nothing is suspended: then nobody needs to ask.
    package var isIdle: Bool { states.isEmpty }

    /// Whether the strategy's last steps have gone well.
    package func hasNothing(against strategy: Int) -> Bool { states[strategy] == nil }

    package func isSuspended(_ strategy: Int) -> Bool {
        switch states[strategy] {
        case .open, .probing: true
        case .closed, nil: false
        }
    }

    /// Strategies that are suspended, by number, with the time until the next probe; 0: it is due, or under way.
    package func suspended(at now: MonotonicTime) -> [(strategy: Int, retryMs: Int)] {
        states.keys.sorted().filter(isSuspended).map { strategy in
            if case .suspended(let retryMs) = verdict(strategy, at: now) { (strategy, retryMs) } else { (strategy, 0) }
        }
    }

    /// What would be done with a step of the strategy.
    package func verdict(_ strategy: Int, at now: MonotonicTime) -> Verdict {
        switch states[strategy] {
        case nil, .closed: .run
        case .probing: .suspended(retryMs: 0)
        case .open(let until):
            now >= until ? .run : .suspended(retryMs: Int(until.milliseconds(since: now).rounded(.up)))
        }
    }

    /// A step that may run begins; of a suspended strategy it is the probe.
    package mutating func begin(_ strategy: Int, token: UInt64) {
        if case .open = states[strategy] { states[strategy] = .probing(token: token) }
    }

    /// Notes the end of a step.
    package mutating func note(_ conduct: Conduct, of strategy: Int, token: UInt64, at now: MonotonicTime) -> Change? {
        guard settings.isEnabled else { return nil }
        switch states[strategy] {
        case nil, .closed: return noteOfRunning(conduct, strategy, now)
        // Steps that began before the strategy was suspended change nothing any more.
        case .open: return nil
        case .probing(let probe):
            guard token == probe else { return nil }
            switch conduct {
            case .good:
                states[strategy] = nil
                return Change(strategy: strategy, isSuspended: false)
            case .breach, .crash: states[strategy] = .open(until: now.adding(milliseconds: settings.openMs))
            // The next one is the probe.
            case .unknown: states[strategy] = .open(until: now)
            }
            return nil
        }
    }

    private mutating func noteOfRunning(_ conduct: Conduct, _ strategy: Int, _ now: MonotonicTime) -> Change? {
        switch conduct {
        case .good: states[strategy] = nil
        case .breach, .unknown: break
        case .crash:
            var crashes = 1
            if case .closed(let earlier) = states[strategy] { crashes += earlier }
            guard crashes >= settings.crashes else {
                states[strategy] = .closed(crashes: crashes)
                return nil
            }
            states[strategy] = .open(until: now.adding(milliseconds: settings.openMs))
            return Change(strategy: strategy, isSuspended: true)
        }
        return nil
    }
}
