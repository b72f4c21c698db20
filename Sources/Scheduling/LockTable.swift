/// Which named locks are held, and which running steps wait for some; steps are named by their tokens.
///
/// What a request declares is taken all at once, before the step begins, or not at all: such a step waits while it
/// holds nothing, so declared locks alone cannot deadlock. What a running step asks for it may wait for while it holds
/// others; whether that closed a cycle is for `DeadlockDetector` to say.
package struct LockTable: Sendable {
    /// What becomes of a running step's demand.
    package enum Answer: Equatable, Sendable {
        case granted
        /// The step waits; `release` says when it no longer does.
        case waits
        /// It would hold more than `maximumHeld`.
        case tooMany
    }

    private struct Waiter {
        let token: UInt64
        let names: [String]
    }

    /// How many locks one step may hold: a host must not be able to fill the node's memory with names.
    package static let maximumHeld = 256

    private var holders: [String: UInt64] = [:]
    /// Each name once.
    private var held: [UInt64: [String]] = [:]
    /// In the order they came.
    private var waiters: [Waiter] = []

    package init() {}

    package var heldCount: Int { holders.count }

    /// Whether nothing is held, and nobody waits.
    var isIdle: Bool { holders.isEmpty && waiters.isEmpty }

    package func isWaiting(_ token: UInt64) -> Bool { waiters.contains { $0.token == token } }

    package func holdsAny(_ token: UInt64) -> Bool { held[token] != nil }

    /// What the step waits for, and has not got.
    package func wanted(by token: UInt64) -> [String] {
        let names = waiters.first { $0.token == token }?.names ?? []
        return names.filter { holders[$0] != token }
    }

    /// The steps that hold what the step waits for.
    package func blockers(of token: UInt64) -> [UInt64] {
        wanted(by: token).compactMap { holders[$0] }
    }

    /// Whether a step that holds nothing could take all the names now. It does not pass those that wait already.
    package func areFree(_ names: [String]) -> Bool {
        isIdle || names.allSatisfy { name in holders[name] == nil && !waiters.contains { $0.names.contains(name) } }
    }

    /// Takes all the names for a step that is about to begin, or none.
    package mutating func take(_ names: [String], for token: UInt64) -> Bool {
        guard names.isEmpty || areFree(names) else { return false }
        give(names, to: token)
        return true
    }

    /// A running step asks for names, all of which it gets at once, at once or later. Names it holds already count as
    /// got. A step asks once at a time.
    package mutating func demand(_ names: [String], for token: UInt64) -> Answer {
        guard Set(held[token] ?? []).union(names).count <= Self.maximumHeld else { return .tooMany }
        let waiter = Waiter(token: token, names: names)
        if canHave(waiter, before: waiters[...]) {
            give(names, to: token)
            return .granted
        }
        waiters.append(waiter)
        return .waits
    }

    /// The step waits no longer (it is being ended); it keeps what it holds.
    ///
    /// - Returns: the steps whose waiting that ends.
    package mutating func withdraw(_ token: UInt64) -> [UInt64] {
        waiters.removeAll { $0.token == token }
        return grantWaiting()
    }

    /// The step gives names back; those it does not hold are none of its business.
    ///
    /// - Returns: the steps whose waiting that ends.
    package mutating func release(_ names: [String], of token: UInt64) -> [UInt64] {
        for name in names where holders[name] == token { holders[name] = nil }
        held[token]?.removeAll { holders[$0] != token }
        if held[token]?.isEmpty == true { held[token] = nil }
        return grantWaiting()
    }

    /// The step gives back what it holds beside these, which it has declared: it goes on, and may ask again.
    ///
    /// - Returns: the steps whose waiting that ends.
    package mutating func release(allBut declared: [String], of token: UInt64) -> [UInt64] {
        let names = (held[token] ?? []).filter { !declared.contains($0) }
        return names.isEmpty ? [] : release(names, of: token)
    }

    /// The step is over: gives everything back that it holds, and forgets that it waits.
    ///
    /// - Returns: the steps whose waiting that ends.
    package mutating func releaseAll(of token: UInt64) -> [UInt64] {
        guard !isIdle else { return [] }
        waiters.removeAll { $0.token == token }
        let names = held.removeValue(forKey: token) ?? []
        for name in names { holders[name] = nil }
        return grantWaiting()
    }

    private mutating func give(_ names: [String], to token: UInt64) {
        guard !names.isEmpty else { return }
        let new = names.filter { holders.updateValue(token, forKey: $0) != token }
        held[token, default: []] += new
    }

    private mutating func grantWaiting() -> [UInt64] {
        var granted: [UInt64] = []
        var index = 0
        while index < waiters.count {
            let waiter = waiters[index]
            if canHave(waiter, before: waiters[..<index]) {
                give(waiter.names, to: waiter.token)
                granted.append(waiter.token)
                waiters.remove(at: index)
            } else {
                index += 1
            }
        }
        return granted
    }

    /// A step that holds nothing lets those pass nobody waits behind: it queues behind earlier waiters. One that holds
    /// something may pass them: made to wait for a step that waits itself, it could close a cycle that no lock has.
    private func canHave(_ waiter: Waiter, before earlier: ArraySlice<Waiter>) -> Bool {
        guard waiter.names.allSatisfy({ holders[$0] == nil || holders[$0] == waiter.token }) else { return false }
        guard held[waiter.token] == nil else { return true }
        return !earlier.contains { $0.names.contains(where: waiter.names.contains) }
    }
}
