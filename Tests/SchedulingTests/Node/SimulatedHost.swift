@testable import Scheduling

/// What a host of the model does with its steps.
enum HostConduct: Int, CaseIterable {
    case short, long, dying, lying, stuck

    /// Of the steps of a strategy.
    init(strategy: Int) { self = HostConduct(rawValue: strategy) ?? .short }

    /// How long an answered step took, in nanoseconds.
    var nanoseconds: Int64 { self == .short || self == .lying ? 20_000 : 5_000_000 }
}

/// Messages of one request that are on their way.
struct SimulatedMessage {
    let token: UInt64
    let digest: Int
    /// Not acknowledged.
    var parts: [MessagePart]
    /// The broker has the first of them, and the node does not know.
    var isStored = false
}
