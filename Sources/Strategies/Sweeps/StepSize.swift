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

    /// Of the key figures of one of the best sets, on one of several data sets: a name and a number.
    private static let keyFigureBytes = 55

    /// What one of the best sets takes.
    ///
    /// - Parameters:
    ///   - figures: how many are told of it on each of several data sets.
    ///   - parts: in sample, and out of sample.
    static func entryBytes(of data: SweptData, figures: Int, parts: Int) -> Int {
        guard data.isList else { return entryBytes }
        return data.selections.reduce(entryBytes) {
            $0 + 90 + ($1.dataset?.utf8.count ?? 4) + parts * (20 + figures * keyFigureBytes)
        }
    }

    /// How many best sets a step's result has room for, beside those it is there for.
    static func mostTop(_ entryBytes: Int) -> Int { min(Sweep.mostTop, max(1, resultBytes * 3 / 4 / entryBytes)) }

    /// - Parameters:
    ///   - bestBytes: what the best sets take.
    ///   - figures: how often all figures of each set are told: not, in sample, out of sample too.
    ///   - rows: on so many data sets.
    init(_ axes: [SweepAxis], _ search: Search, bestBytes: Int, isMapped: Bool, figures: Int, rows: Int) {
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
            bytes += rows * (20 + parameters + figures * (Statistic.allCases.count * Self.numberBytes + 3))
        }
        if bytes > 0 {
            let reason = ", so that a step's result with its heat map or figures fits into a Kafka message of 1 MB"
            bounds.append(((Self.resultBytes - bestBytes) / bytes, reason))
        }
        let least = bounds.dropFirst().reduce(bounds[0]) { $1.sets < $0.sets ? $1 : $0 }
        (mostSets, reason) = (max(1, least.sets), least.reason)
    }
}
