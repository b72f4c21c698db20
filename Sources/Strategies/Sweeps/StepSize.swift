/// How many sets a step may have, so that its result fits into a Kafka message of 1 MB and its request is small.
struct StepSize {
    let mostSets: Int
    /// Why no more, after "must be an integer from 1 to …"; empty where it is what any step may have.
    let reason: String

    /// Leaves room for the moments and returns that luck is told by, and what all results have.
    private static let resultBytes = 880_000
    /// Of one of the best sets, in sample and out of it.
    private static let entryBytes = 2600
    /// The longest double, and a comma.
    private static let numberBytes = 25

    /// - Parameter figures: how often all figures of each set are told: not, in sample, out of sample too.
    init(_ axes: [SweepAxis], _ search: Search, top: Int, isMapped: Bool, figures: Int) {
        let positions = axes.reduce(3) { $0 + "\($1.count),".utf8.count }
        var bounds = [(sets: SweepPlan.mostSetsPerStep, reason: "")]
        if let perRound = search.perRound {
            bounds.append((perRound, ", as many as search.per_round"))
            bounds.append((Sweep.mostListBytes / positions, ", since a step's request has all its sets"))
        }
        var bytes = 0
        if isMapped { bytes += 37 + (search.isDrawn ? positions : 0) }
        if figures > 0 {
            let parameters = axes.reduce(0) { $0 + $1.longestValue(or: Self.numberBytes) + 1 }
            bytes += 20 + parameters + figures * (Statistic.allCases.count * Self.numberBytes + 3)
        }
        if bytes > 0 {
            let reason = ", so that a step's result with its heat map or figures fits into a Kafka message of 1 MB"
            bounds.append(((Self.resultBytes - top * Self.entryBytes) / bytes, reason))
        }
        let least = bounds.dropFirst().reduce(bounds[0]) { $1.sets < $0.sets ? $1 : $0 }
        (mostSets, reason) = (max(1, least.sets), least.reason)
    }
}
