import Kafka
import Worker

/// The next offset of each partition of a topic, as a word: `0:120,1:98`.
struct TopicPlaces {
    let offsets: [Int32: Int64]

    init(_ offsets: [Int32: Int64]) { self.offsets = offsets }

    /// - Returns: nil where the word is none of these.
    init?(_ text: String) {
        var offsets: [Int32: Int64] = [:]
        for part in text.split(separator: ",", omittingEmptySubsequences: false) {
            let numbers = part.split(separator: ":", omittingEmptySubsequences: false)
            guard numbers.count == 2, let partition = Int32(numbers[0]), let offset = Int64(numbers[1]),
                partition >= 0, offset >= 0, offsets.updateValue(offset, forKey: partition) == nil
            else { return nil }
        }
        self.offsets = offsets
    }

    var text: String { offsets.sorted { $0.key < $1.key }.map { "\($0.key):\($0.value)" }.joined(separator: ",") }

    /// Where the results topic ends now: what is sent later has its results from there on.
    ///
    /// - Returns: nil where this user may not see the topic, or nobody says where it ends.
    static func endsOfResults(_ connection: KafkaConnection) -> TopicPlaces? {
        let name = connection.topics.results
        do throws(CommandFailure) {
            return try connection.withAdmin("ask for the end of \(name)") { admin throws(KafkaFailure) in
                // Where a partition has no leader, it would be asked for in vain until the time is over.
                guard let topic = try admin.topics().first(where: { $0.name == name && $0.failure == nil }),
                    topic.withoutLeader.isEmpty
                else { return nil }
                return TopicPlaces(try admin.endOffsets(topic: name, partitions: topic.partitions))
            }
        } catch {
            // Requests are sent all the same: only the shortest way to their results is not known.
            return nil
        }
    }
}
