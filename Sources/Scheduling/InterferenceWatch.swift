/// Sees when one strategy's load makes another's steps slow: what each strategy's P95 and load have been is compared
/// with what they are in the interval that has just ended.
package struct InterferenceWatch: Sendable {
    package struct Settings: Sendable {
        /// So much of its usual P95 is a rise.
        package var factor = 2.0
        /// A strategy with fewer steps in an interval has no P95 worth the name.
        package var minimumSteps = 20
        /// So many intervals make up what is usual.
        package var learning = 3
        /// So many slots busy more than usual, and half as many again as usual, are a load that has risen.
        package var loadRise = 0.2
        /// A rise of less than this is noise whatever its factor.
        package var minimumRiseMs = 1.0

        package init() {}
    }

    /// What one strategy did in an interval.
    package struct Interval: Sendable {
        package let strategy: Int
        package let steps: Int
        /// Of its step latency; nil without steps.
        package let p95Ms: Double?
        /// Slots it kept busy on average.
        package let load: Double

        package init(strategy: Int, steps: Int, p95Ms: Double?, load: Double) {
            self.strategy = strategy
            self.steps = steps
            self.p95Ms = p95Ms
            self.load = load
        }
    }

    /// One strategy disturbs another.
    package struct Disturbance: Sendable, Equatable {
        /// Whose load has risen most.
        package let by: Int
        package let loadBefore: Double
        package let load: Double
        /// Whose P95 has risen.
        package let of: Int
        package let p95BeforeMs: Double
        package let p95Ms: Double
    }

    private struct Usual {
        var p95Ms = 0.0
        /// Intervals its P95 was learned from.
        var seen = 0
        var load = 0.0
    }

    private let settings: Settings
    private var usual: [Int: Usual] = [:]

    package init(_ settings: Settings = Settings()) { self.settings = settings }

    /// Takes in an interval: all strategies, those that did nothing too.
    ///
    /// - Returns: the disturbances in it. What is disturbed or disturbs is not what is usual, and nothing is learned
    ///   from it; a rise that nobody's load explains becomes usual with time.
    package mutating func look(at intervals: [Interval]) -> [Disturbance] {
        let risen = intervals.filter(hasRisen)
        var found: [Disturbance] = []
        for victim in intervals {
            guard let p95Ms = victim.p95Ms, isSlow(victim, p95Ms), let before = usual[victim.strategy] else { continue }
            let others = risen.filter { $0.strategy != victim.strategy }
            guard let cause = others.max(by: { rise(of: $0) < rise(of: $1) }) else { continue }
            found.append(
                Disturbance(
                    by: cause.strategy, loadBefore: usual[cause.strategy]?.load ?? 0, load: cause.load,
                    of: victim.strategy, p95BeforeMs: before.p95Ms, p95Ms: p95Ms))
        }
        let involved = Set(found.map(\.by) + found.map(\.of))
        for interval in intervals where !involved.contains(interval.strategy) { learn(interval) }
        return found
    }

    private func isSlow(_ interval: Interval, _ p95Ms: Double) -> Bool {
        guard let before = usual[interval.strategy], before.seen >= settings.learning,
            interval.steps >= settings.minimumSteps
        else { return false }
        return p95Ms >= before.p95Ms * settings.factor && p95Ms - before.p95Ms >= settings.minimumRiseMs
    }

    private func rise(of interval: Interval) -> Double { interval.load - (usual[interval.strategy]?.load ?? 0) }

    private func hasRisen(_ interval: Interval) -> Bool {
        let before = usual[interval.strategy]?.load ?? 0
        return rise(of: interval) >= settings.loadRise && interval.load >= 1.5 * before
    }

    /// A moving average, in which the latest interval counts a fifth.
    private mutating func learn(_ interval: Interval) {
        var known = usual[interval.strategy] ?? Usual()
        known.load += (interval.load - known.load) * (usual[interval.strategy] == nil ? 1 : 0.2)
        if let p95Ms = interval.p95Ms, interval.steps >= settings.minimumSteps {
            known.p95Ms += (p95Ms - known.p95Ms) * (known.seen == 0 ? 1 : 0.2)
            known.seen += 1
        }
        usual[interval.strategy] = known
    }
}
