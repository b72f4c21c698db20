import Kafka

/// Why the brokers do not acknowledge what is written to topics, as far as they say: librdkafka 2.0.2 sends
/// again what they refuse in a way that may pass, and keeps the reason to itself.
struct DeliveryDiagnosis {
    let client: AdminClient
    let topics: [String]
    let timeoutMs: Int32

    /// A sentence; nil where nothing is wrong with the topics.
    func look() -> String? {
        let minimum = (try? client.setting("min.insync.replicas", of: topics, timeoutMs: timeoutMs)) ?? [:]
        let parts = topics.compactMap { topic -> String? in
            do throws(KafkaFailure) {
                let state = try client.describe(topic: topic, timeoutMs: timeoutMs)
                return Self.problem(topic, state, minimumInSync: minimum[topic].flatMap { Int($0) })
            } catch {
                return Self.problem(topic, error)
            }
        }
        return parts.isEmpty ? nil : parts.joined(separator: "; ")
    }

    /// What it means that a topic cannot be described.
    static func problem(_ topic: String, _ failure: KafkaFailure) -> String {
        guard failure.kind == .missing else { return "\(topic) cannot be asked about: \(failure)" }
        return "the topic \(topic) does not exist" + (failure.remedy.map { ": \($0)" } ?? "")
    }

    /// What keeps a topic's leaders from acknowledging; nil where nothing does.
    static func problem(_ topic: String, _ state: TopicState, minimumInSync: Int?) -> String? {
        let leaderless = state.partitions.filter { $0.leader == nil }
        let behind = state.partitions.filter { $0.leader != nil && $0.inSync < minimumInSync ?? 1 }
        var parts: [String] = []
        if !leaderless.isEmpty { parts.append("\(names(leaderless)) without a leader") }
        if let first = behind.first, let minimumInSync {
            parts.append(
                "\(names(behind)) with \(first.inSync) of \(first.replicas) replicas in sync, "
                    + "below min.insync.replicas \(minimumInSync)")
        }
        return parts.isEmpty ? nil : "\(topic) has \(parts.joined(separator: " and "))"
    }

    private static func names(_ partitions: [PartitionState]) -> String {
        let numbers = partitions.prefix(5).map { String($0.partition) }.joined(separator: ", ")
        let more = partitions.count > 5 ? " and \(partitions.count - 5) more" : ""
        return partitions.count == 1 ? "partition \(numbers)" : "partitions \(numbers)\(more)"
    }
}
