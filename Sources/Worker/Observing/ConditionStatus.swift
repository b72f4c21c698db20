import Messages
import Scheduling

/// What `/status` says of the brokers, of the node's own threads, and of what it shows and is old.
struct ConditionStatus {
    /// What is asked for every few seconds is old after as many turns without an answer.
    private static let missedTurns = 3

    let gauges: LiveGauges

    func brokers(at now: MonotonicTime) -> [JSONValue] {
        gauges.brokers.brokers.map { broker in
            .object([
                JSONMember("broker", .string(broker.address)),
                JSONMember("id", broker.node.map { .integer($0) } ?? .null),
                JSONMember("state", .string(broker.state.rawValue)),
                JSONMember("since", .time(broker.since, now)),
                JSONMember("round_trip_ms", broker.roundTripMs.map { .number(($0 * 10).rounded() / 10) } ?? .null),
                JSONMember("error", broker.error.map { .string($0.text) } ?? .null),
                JSONMember("error_time", broker.error.map { .string($0.time.rfc3339) } ?? .null),
            ])
        }
    }

    func threads(at now: MonotonicTime) -> [JSONValue] {
        gauges.heartbeats.ages(at: now).map { age in
            .object([
                JSONMember("thread", .string(age.member.rawValue)), JSONMember("late_ms", .integer(Int(age.ms))),
                JSONMember("stuck", .bool(age.ms > Heartbeats.boundMs)),
            ])
        }
    }

    /// A sentence for each thing that is shown as it was, not as it is.
    func stale(at now: MonotonicTime) -> [String] {
        var sentences: [String] = []
        let lagAgeMs = gauges.lagWatch.ageMs(at: now)
        if lagAgeMs > Double(Self.missedTurns * gauges.lagWatch.intervalMs + 5000) {
            sentences.append("the lag is of \(Int(lagAgeMs / 1000)) s ago: brokers do not answer")
        }
        for age in gauges.heartbeats.ages(at: now) where age.ms > Heartbeats.boundMs && age.member != .lag {
            sentences.append("the \(age.member.rawValue) thread has not moved for \(Int(age.ms / 1000)) s")
        }
        return sentences
    }
}

extension JSONValue {
    /// A monotonic time of the past as a time of day.
    static func time(_ time: MonotonicTime, _ now: MonotonicTime) -> JSONValue {
        .string(Timestamp(milliseconds: Timestamp.now().milliseconds - Int64(now.milliseconds(since: time))).rfc3339)
    }
}
