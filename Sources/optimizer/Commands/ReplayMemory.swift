import Kafka
import Messages
import Worker

/// What need not be sent again: the requests topic tells which dead letters were, the results topic whose requests
/// have run since.
struct ReplayMemory {
    /// The header by which a request says which dead letter it was.
    static let header = DeadLetterRecord.prefix + "replay_of"

    private var replayed: Set<String> = []
    private var completed: Set<String> = []

    /// Why this dead letter is not sent again; nil where it is.
    func reason(toPassOver letter: DeadLetterRecord, in topic: String) -> String? {
        if replayed.contains(letter.name(in: topic)) { return "was sent again before" }
        guard !completed.isEmpty, let request = letter.names.request, completed.contains(request) else { return nil }
        return "its request has a completed result"
    }

    /// Reads the topics to their present ends, as far as the chosen dead letters make it necessary.
    /// - Returns: false where it was interrupted.
    mutating func read(
        _ connection: KafkaConnection, _ choice: DeadLettersReplayCommand.Choice,
        unless interruption: inout Interruption
    ) throws(CommandFailure) -> Bool {
        var wanted: Set<String> = []
        var count = 0
        let letters = connection.topics.deadLetters
        guard
            try Self.each(
                connection, letters, from: choice.start, unless: &interruption,
                { record in
                    let letter = DeadLetterRecord(record: record)
                    guard choice.takes(letter) else {
                        // An offset that is gone gives the next one that is there.
                        if case .one = choice { return false }
                        return true
                    }
                    count += 1
                    if let request = letter.names.request { wanted.insert(request) }
                    if case .one = choice { return false }
                    return true
                })
        else { return false }
        guard count > 0 else { return true }
        var (replayed, completed) = (replayed, completed)
        guard
            try Self.each(
                connection, connection.topics.requests, unless: &interruption,
                { record in
                    if let name = record.headers.last(where: { $0.name == Self.header })?.value {
                        replayed.insert(String(decoding: name, as: UTF8.self))
                    }
                    return true
                })
        else { return false }
        if !wanted.isEmpty {
            guard
                try Self.each(
                    connection, connection.topics.results, unless: &interruption,
                    { record in
                        guard let value = record.value, let result = try? JSONValue.parse(value),
                            result["status"]?.string == "completed", let request = result["request_id"]?.string,
                            wanted.contains(request)
                        else { return true }
                        completed.insert(request)
                        return true
                    })
            else { return false }
        }
        (self.replayed, self.completed) = (replayed, completed)
        return true
    }

    /// Gives every record there is to the closure until that has had enough.
    /// - Returns: false where it was interrupted.
    private static func each(
        _ connection: KafkaConnection, _ topic: String, from start: TopicReader.Start = .beginning,
        unless interruption: inout Interruption, _ take: (KafkaRecord) -> Bool
    ) throws(CommandFailure) -> Bool {
        let scan = TopicScan(connection: connection, topic: topic, start: start)
        var progress = ProgressLine()
        var seen = 0
        var isInterrupted = false
        _ = try scan.run { event throws(CommandFailure) in
            isInterrupted = interruption.check()
            guard !isInterrupted, case .record(let record) = event else { return !isInterrupted }
            seen += 1
            progress.show("looking for what was sent again or has run: \(seen) records of \(topic)")
            return take(record)
        }
        progress.clear()
        return !isInterrupted
    }
}
