package import Scheduling
import Synchronization

/// Hosts of one command that have nothing to do, for whichever thread needs one next.
///
/// The one that worked last is taken first, so that a little work keeps few hosts busy and the rest grow old.
package final class HostPool: Sendable {
    /// Safety: a host is used by one thread at a time. Whoever puts it here lets go of it, whoever takes it out has it
    /// alone, and the lock orders what the one did before what the other does.
    private struct Parked: @unchecked Sendable {
        let host: Host
        let idleSince: MonotonicTime
        var lookedAt: MonotonicTime
    }

    private struct State {
        /// By `idleSince`, the oldest first.
        var parked: [Parked] = []
        var isClosed = false
    }

    private let state = Mutex(State())
    private let capacity: Int

    /// - Parameter capacity: how many hosts it holds at most.
    package init(capacity: Int) {
        self.capacity = capacity
    }

    package var count: Int { state.withLock { $0.parked.count } }

    /// The host that worked last; nil where there is none.
    package func take() -> Host? {
        let parked = state.withLock { $0.parked.popLast() }
        return parked?.host
    }

    /// Takes a host that has done its work.
    /// - Returns: the host that has no place any more, for the caller to end.
    package func put(_ host: Host, at now: MonotonicTime) -> Host? {
        let added = Parked(host: host, idleSince: now, lookedAt: now)
        let surplus = state.withLock { state -> Parked? in
            guard !state.isClosed else { return added }
            state.parked.append(added)
            return state.parked.count > capacity ? state.parked.removeFirst() : nil
        }
        return surplus?.host
    }

    /// Takes a host that nobody has used or looked at since then, and since when it has been idle.
    package func takeForLook(notSeenSince time: MonotonicTime) -> (host: Host, idleSince: MonotonicTime)? {
        let parked = state.withLock { state -> Parked? in
            guard let index = state.parked.firstIndex(where: { $0.lookedAt < time }) else { return nil }
            return state.parked.remove(at: index)
        }
        return parked.map { ($0.host, $0.idleSince) }
    }

    /// Puts a host back to its place after a look.
    /// - Returns: the host, where the pool takes none any more.
    package func putBack(_ host: Host, idleSince: MonotonicTime, at now: MonotonicTime) -> Host? {
        let parked = Parked(host: host, idleSince: idleSince, lookedAt: now)
        let surplus = state.withLock { state -> Parked? in
            guard !state.isClosed, state.parked.count < capacity else { return parked }
            let index = state.parked.firstIndex { $0.idleSince > idleSince } ?? state.parked.count
            state.parked.insert(parked, at: index)
            return nil
        }
        return surplus?.host
    }

    /// From now on the pool takes no host.
    /// - Returns: those it has.
    package func close() -> [Host] {
        let parked = state.withLock { state in
            state.isClosed = true
            defer { state.parked = [] }
            return state.parked
        }
        return parked.map(\.host)
    }
}
