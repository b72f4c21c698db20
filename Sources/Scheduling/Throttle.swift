/// How a step ended, as far as its strategy is to be judged by it.
package enum Conduct: Sendable {
    /// It answered, whatever the answer.
    case good
    /// It exceeded a limit or its deadline.
    case breach
    /// Its host died or babbled.
    case crash
    /// It says nothing of the strategy: it was never run, or was ended for another reason.
    case unknown

    var isBad: Bool { self == .breach || self == .crash }
}

/// How many slots each strategy may have: all of them, and less for one that keeps breaking limits or disturbs others.
/// Its share is halved step by step, never below one slot, and doubled again each time it has behaved for a while.
package struct Throttle: Sendable {
    package struct Settings: Sendable, Equatable {
        package var isEnabled = true
        /// So many bad ends within the window…
        package var breaches = 5
        package var windowMs = 30_000
        /// …that are at least this part of all its ends in it, make the share smaller.
        package var breachPercent = 20
        /// After so long without another reduction the share grows.
        package var recoverMs = 30_000

        package init() {}
    }

    /// A share has changed.
    package struct Change: Sendable, Equatable {
        package let strategy: Int
        package let slots: Int
        package let before: Int
        package let reason: Reason

        package enum Reason: String, Sendable { case limits, interference, recovered }
    }

    private struct Record {
        var slots: Int
        var windowStart: MonotonicTime
        var ends = 0
        var bad = 0
        /// Good ends since the last bad one.
        var wellSince = 0
        /// The last bad end or reduction.
        var lastTrouble: MonotonicTime
    }

    package let settings: Settings
    private let slotCount: Int
    private var records = StrategyTable<Record>()

    package init(_ settings: Settings, slotCount: Int) {
        self.settings = settings
        self.slotCount = slotCount
    }

    /// Whether every strategy may have all slots.
    package var isIdle: Bool { records.isEmpty }

    /// Whether the strategy may have all slots, and a hundred of its steps have ended well since one last did not.
    package func isReliable(_ strategy: Int) -> Bool {
        guard let record = records[strategy] else { return true }
        return record.slots == slotCount && record.wellSince >= 100
    }

    /// How many slots the strategy may have at once.
    package func slots(for strategy: Int) -> Int { records[strategy]?.slots ?? slotCount }

    /// Strategies that may not have all slots, by number, with how many they may have.
    package var shares: [(strategy: Int, slots: Int)] {
        records.all.filter { $0.value.slots < slotCount }.map { ($0.strategy, $0.value.slots) }
    }

    /// Notes the end of a step.
    ///
    /// - Returns: the reduction that follows, if one does.
    package mutating func note(_ conduct: Conduct, of strategy: Int, at now: MonotonicTime) -> Change? {
        guard settings.isEnabled, conduct != .unknown else { return nil }
        guard conduct.isBad || records[strategy] != nil else { return nil }
        var record = record(of: strategy, at: now)
        if now.milliseconds(since: record.windowStart) > Double(settings.windowMs) {
            (record.windowStart, record.ends, record.bad) = (now, 0, 0)
        }
        record.ends += 1
        if conduct.isBad {
            record.bad += 1
            record.wellSince = 0
            record.lastTrouble = now
        } else {
            record.wellSince += 1
        }
        records[strategy] = record
        guard conduct.isBad, record.bad >= settings.breaches, record.bad * 100 >= settings.breachPercent * record.ends
        else { return nil }
        return reduce(strategy, .limits, at: now)
    }

    /// Notes that the strategy makes others slow.
    package mutating func noteDisturbance(by strategy: Int, at now: MonotonicTime) -> Change? {
        settings.isEnabled ? reduce(strategy, .interference, at: now) : nil
    }

    /// Gives back what strategies that behave have earned. Call it about once a second.
    package mutating func recover(at now: MonotonicTime) -> [Change] {
        var changes: [Change] = []
        for (strategy, record) in records.all
        where now.milliseconds(since: record.lastTrouble) >= Double(settings.recoverMs) {
            guard record.slots < slotCount else {
                records[strategy] = nil
                continue
            }
            let slots = min(slotCount, record.slots * 2)
            records[strategy]?.slots = slots
            records[strategy]?.lastTrouble = now
            changes.append(Change(strategy: strategy, slots: slots, before: record.slots, reason: .recovered))
        }
        return changes
    }

    private func record(of strategy: Int, at now: MonotonicTime) -> Record {
        records[strategy] ?? Record(slots: slotCount, windowStart: now, lastTrouble: now)
    }

    private mutating func reduce(_ strategy: Int, _ reason: Change.Reason, at now: MonotonicTime) -> Change? {
        var record = record(of: strategy, at: now)
        let before = record.slots
        record.slots = max(1, before / 2)
        record.lastTrouble = now
        // The next reduction needs as many bad ends again.
        (record.windowStart, record.ends, record.bad) = (now, 0, 0)
        records[strategy] = record
        guard record.slots < before else { return nil }
        return Change(strategy: strategy, slots: record.slots, before: before, reason: reason)
    }
}
