/// Which named locks are held, by which step's token.
///
/// A request's declared locks are taken all at once or not at all, so no step ever waits while it holds some:
/// declared locks cannot deadlock.
package struct LockTable: Sendable {
    private var holders: [String: UInt64] = [:]

    package init() {}

    package var heldCount: Int { holders.count }

    package func areFree(_ names: [String]) -> Bool { names.allSatisfy { holders[$0] == nil } }

    /// Takes all the names for the step, or none.
    package mutating func take(_ names: [String], for token: UInt64) -> Bool {
        guard areFree(names) else { return false }
        for name in names { holders[name] = token }
        return true
    }

    package mutating func release(_ names: [String], of token: UInt64) {
        for name in names where holders[name] == token { holders[name] = nil }
    }
}
