/// How an attempt at a step ended, as far as it matters for what follows (`Disposition`).
package struct AttemptEnd: Sendable {
    package enum Kind: Sendable, CaseIterable {
        /// It has been answered, or is over without being run: either way it has its result.
        case answered
        /// No host has had it: none could be had, or it was too full of what earlier steps had left.
        case notBegun
        /// It passed its deadline, which was its own.
        case timedOut
        /// The host answered with something that is no reply.
        case babbled
        /// The host lives, and says that it was refused memory.
        case refused
        /// The host ended or broke off: it may have done so before it looked at this step.
        case gone
        /// The host was ended for the memory it held.
        case overMemory
        /// The host asked for a lock with others written behind its step.
        case wantedLock
        /// The host was lost in another way.
        case lost
    }

    /// What the host had before this step, that may be what it was lost for.
    package enum Before: Sendable, CaseIterable {
        /// Nothing: it is new, or what it had has been looked at and was well.
        case nothing
        /// Steps that it had answered. It may have spoken again, or gone, too late to be seen.
        case answered
        /// Steps behind which this one was written before they had ended.
        case underWay
    }

    package var kind: Kind
    /// Whether any byte of the request reached the host. If not, the step has certainly not begun.
    package var isDelivered: Bool
    package var before: Before
    /// Whether earlier steps had left much in the host's memory.
    package var hadLeftovers: Bool
    /// Why the node has ended the host, if it has.
    package var ending: HostEnding?

    package init(
        _ kind: Kind, isDelivered: Bool = true, after before: Before = .nothing, hadLeftovers: Bool = false,
        ending: HostEnding? = nil
    ) {
        self.kind = kind
        self.isDelivered = isDelivered
        self.before = before
        self.hadLeftovers = hadLeftovers
        self.ending = ending
    }

    /// Whether it may have ended so for what the steps before it did.
    var mayBeOfStepsBefore: Bool {
        switch kind {
        case .answered, .notBegun, .timedOut: false
        case .babbled, .refused: before != .nothing
        case .gone: !isDelivered || before != .nothing
        case .overMemory: !isDelivered || before == .underWay || hadLeftovers
        case .wantedLock, .lost: !isDelivered || before == .underWay
        }
    }
}

/// Why the node ends a host that has steps.
package enum HostEnding: Sendable, Equatable, CaseIterable {
    /// Its step is the victim of a deadlock.
    case deadlock
    /// A step on it is of a partition that the node has given up.
    case givenUp
    /// Its step is not wanted any more.
    case cancelled
    /// The node itself ends.
    case withNode
}
