/// How long the steps of each strategy take: only those that have shown themselves short are written ahead to a host.
///
/// What lies ahead of a step in its host should come to a millisecond at most, so that little is lost where one of them
/// takes longer than ever before: clamp(1 ms / service time, 1, 16) requests under way.
package struct ServiceTimes: Sendable {
    private struct Record {
        var averageNanoseconds: Double
        var steps = 1
    }

    /// What may be under way in one host together, in nanoseconds.
    let budgetNanoseconds: Double
    /// How many requests may be under way in one host.
    package static let mostUnderWay = 16
    /// So many steps must have been seen before an average says something.
    static let fewestSteps = 8
    /// The weight of the latest step in the average.
    private static let weight = 0.125

    private var records = StrategyTable<Record>()

    package init(budgetNanoseconds: Double = 1_000_000) {
        self.budgetNanoseconds = budgetNanoseconds
    }

    /// Notes how long a step took.
    package mutating func note(_ strategy: Int, nanoseconds: Int64) {
        let latest = Double(max(0, nanoseconds))
        guard var record = records[strategy] else {
            records[strategy] = Record(averageNanoseconds: latest)
            return
        }
        record.averageNanoseconds += (latest - record.averageNanoseconds) * Self.weight
        record.steps += 1
        records[strategy] = record
    }

    /// The usual time of a step, in nanoseconds; nil while too few have been seen.
    package func usual(_ strategy: Int) -> Double? {
        guard let record = records[strategy], record.steps >= Self.fewestSteps else { return nil }
        return record.averageNanoseconds
    }
}
