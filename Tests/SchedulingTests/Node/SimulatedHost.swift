@testable import Scheduling

/// What a host of the model does with its steps.
enum HostConduct: Int, CaseIterable {
    case short, long, dying, lying, stuck

    /// Of the steps of a strategy.
    init(strategy: Int) { self = HostConduct(rawValue: strategy) ?? .short }

    /// How long an answered step took, in nanoseconds.
    var nanoseconds: Int64 { self == .short || self == .lying ? 20_000 : 5_000_000 }
}

/// The messages of one request.
struct SimulatedMessage {
    let token: UInt64
    let digest: Int
    let parts: [MessagePart]
    /// So many of them.
    var acknowledged = 0
    /// The broker has the next of them, and the node does not know.
    var isStored = false

    /// The one that is on its way; nil: all are acknowledged, or there never was one.
    var next: MessagePart? { acknowledged < parts.count ? parts[acknowledged] : nil }
}
