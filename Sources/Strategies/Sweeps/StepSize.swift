/// How many sets a step may have, so that its result fits into a Kafka message of 1 MB and its request is small.
struct StepSize {
    let mostSets: Int

    /// Leaves room for the moments and returns that luck is told by, and what all results have.
    private static let resultBytes = 880_000
    /// Of one of the best sets, in sample and out of it.
    private static let entryBytes = 2600
    /// The longest double, and a comma.
    private static let numberBytes = 25

    /// - Parameter figures: how often all figures of each set are told: not, in sample, out of sample too.
    init(_ axes: [SweepAxis], _ search: Search, top: Int, isMapped: Bool, figures: Int) {
        let positions = axes.reduce(3) { $0 + "\($1.count),".utf8.count }
        var most = SweepPlan.mostSetsPerStep
        if let perRound = search.perRound { most = min(most, perRound, Sweep.mostListBytes / positions) }
        var bytes = 0
        if isMapped { bytes += 37 + (search.isDrawn ? positions : 0) }
        if figures > 0 {
            let parameters = axes.reduce(0) { $0 + $1.longestValue(or: Self.numberBytes) + 1 }
            bytes += 20 + parameters + figures * (Statistic.allCases.count * Self.numberBytes + 3)
        }
        if bytes > 0 { most = min(most, (Self.resultBytes - top * Self.entryBytes) / bytes) }
        mostSets = max(1, most)
    }
}
