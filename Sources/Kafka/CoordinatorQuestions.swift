package import Scheduling

/// Admin requests to a group's coordinator that have no answer yet.
///
/// Such a request that runs into its time-out while the coordinator is away ends the process when that is back
/// (librdkafka 2.0.2 to 2.16: `rd_kafka_admin_coord_request` lets go of what the time-out has let go of already, and its
/// caller has that answered once more). So librdkafka is given the longest time that it takes; who asks waits as long as he
/// likes, and may ask again; and a client is given up before that time is over.
package struct CoordinatorQuestions: Sendable {
    /// The longest time-out of an admin request, in milliseconds.
    static let requestMs: Int32 = 3_600_000
    /// How old a question may become in a client, in milliseconds.
    package static let mostAgeMs = 3_000_000.0
    /// Who is asked again and again while there is no answer is asked ever more seldom, up to this, in milliseconds.
    private static let mostPatienceMs = 60_000
    /// For how long nobody is to be asked who has said that he is not the coordinator, in milliseconds: librdkafka keeps who
    /// it is until it has not been asked for him for 30 s (`metadata.max.age.ms`).
    static let misledMs = 35_000

    private struct Question {
        let askedAt: MonotonicTime
        /// How long who has asked waits; nil: he has been told that there is no answer.
        var patience: MonotonicTime?
        /// There will be no other answer.
        var isAnswered = false
    }

    private var open: [UInt64: Question] = [:]

    package init() {}

    package mutating func ask(_ number: UInt64, patienceMs: Int, at now: MonotonicTime) {
        let late = open.values.count { $0.patience == nil }
        let most = max(patienceMs, Self.mostPatienceMs)
        open[number] = Question(
            askedAt: now, patience: now.adding(milliseconds: min(patienceMs << min(late, 10), most)))
    }

    /// Its answer was that another is the coordinator: who waits for it is told later that there is none.
    package mutating func hold(_ number: UInt64, at now: MonotonicTime) {
        guard open[number]?.patience != nil else {
            open[number] = nil
            return
        }
        open[number]?.patience = now.adding(milliseconds: Self.misledMs)
        open[number]?.isAnswered = true
    }

    /// - Returns: whether somebody still waits for the answer.
    package mutating func takeAnswer(_ number: UInt64) -> Bool {
        open.removeValue(forKey: number)?.patience != nil
    }

    /// A question whose asker has waited long enough: it is told once.
    package mutating func takeLate(at now: MonotonicTime) -> UInt64? {
        guard !open.isEmpty, let late = open.first(where: { $0.value.patience.map { $0 <= now } ?? false }) else {
            return nil
        }
        if late.value.isAnswered { open[late.key] = nil } else { open[late.key]?.patience = nil }
        return late.key
    }

    /// Whether the client is to be given up.
    package func areTooOld(at now: MonotonicTime) -> Bool {
        open.values.contains { now.milliseconds(since: $0.askedAt) >= Self.mostAgeMs }
    }
}
