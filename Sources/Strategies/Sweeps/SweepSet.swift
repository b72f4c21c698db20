/// One of a sweep's sets.
struct SweepSet: Sendable {
    let index: Int
    /// On each axis.
    let positions: [Int]
    /// The swept ones, the fixed ones and the defaults.
    let parameters: Parameters
    /// Whether it breaks none of the sweep's rules and none of the strategy's.
    let isAdmitted: Bool
}
