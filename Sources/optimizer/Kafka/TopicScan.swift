import Kafka
import Worker

/// Reads one topic, without joining a group: to the end it had at the beginning, or on and on.
struct TopicScan {
    enum Event {
        case record(KafkaRecord)
        /// Nothing more came for the moment: what is buffered may be written. Comes again and again.
        case lull
        /// What was there at the beginning has been read; comes once, where `tellsEnd` asks for it.
        case caughtUp
    }

    enum End {
        /// All that was there at the beginning has been read.
        case caughtUp
        /// The closure had enough.
        case stopped
        case timedOut
    }

    let connection: KafkaConnection
    let topic: String
    var start = TopicReader.Start.beginning
    /// Passes over what was published before these milliseconds since 1970; nil: nothing.
    var since: Int64?
    /// Goes on with what comes.
    var follows = false
    /// Going on with what comes, says when all that was there has been read.
    var tellsEnd = false
    /// When to give up; nil: never.
    var timeout: Duration?

    /// - Parameter take: returns false when it has had enough.
    /// - Throws: that the topic is missing, that nobody answers, or what the closure throws.
    func run(_ take: (Event) throws(CommandFailure) -> Bool) throws(CommandFailure) -> End {
        let deadline = timeout.map { ContinuousClock.now + $0 }
        var unread = follows && !tellsEnd ? [:] : try ends()
        guard follows || !unread.isEmpty else { return .caughtUp }
        let reader = try open()
        defer { reader.close() }
        var told: Set<String> = []
        var isFresh = false
        var isToTell = follows && tellsEnd
        while true {
            if isToTell, unread.isEmpty {
                isToTell = false
                if try !take(.caughtUp) { return .stopped }
            }
            if let deadline, .now >= deadline { return .timedOut }
            switch reader.next(timeoutMs: isFresh ? 0 : 100) {
            case .record(_, let record):
                isFresh = true
                let isNew = since.map { record.timestampMs ?? .max >= $0 } ?? true
                let isWanted = isNew && (follows || record.offset <= unread[record.partition] ?? -1)
                if isWanted, try !take(.record(record)) { return .stopped }
                if let last = unread[record.partition], record.offset >= last { unread[record.partition] = nil }
                if !follows, unread.isEmpty { return .caughtUp }
            case .caughtUp:
                // What the end offsets promised may be markers no reader gets.
                if !follows { return .caughtUp }
                unread = [:]
            case .idle:
                if try !take(.lull) { return .stopped }
                isFresh = false
            case .failure(let failure):
                try handle(failure, &told)
            }
        }
    }

    /// The last offset of every partition that has any to read.
    private func ends() throws(CommandFailure) -> [Int32: Int64] {
        let description = try connection.topic(topic)
        var partitions = description.partitions
        if case .offsets(let given) = start { partitions = partitions.filter { given[$0] != nil } }
        let ends = try connection.withAdmin("ask for the end of \(topic)") { admin throws(KafkaFailure) in
            try admin.endOffsets(topic: topic, partitions: partitions)
        }
        var given: [Int32: Int64] = [:]
        if case .offsets(let offsets) = start { given = offsets }
        // Beyond the end: another log than it was. The reader begins with its first record then.
        return ends.filter { $0.value > 0 && $0.value != given[$0.key] }.mapValues { $0 - 1 }
    }

    private func open() throws(CommandFailure) -> TopicReader {
        _ = follows ? try connection.topic(topic) : nil
        do throws(KafkaFailure) {
            return try TopicReader(connection.clients.readerProperties(), topics: [(topic, start)])
        } catch {
            throw CommandFailure(error, "read \(topic)")
        }
    }

    private func handle(_ failure: KafkaFailure, _ told: inout Set<String>) throws(CommandFailure) {
        guard failure.isTemporary else { throw CommandFailure(failure, "read \(topic)") }
        if told.insert(failure.name).inserted {
            Output.words("\(failure)" + (failure.remedy.map { "; \($0)" } ?? ""))
        }
    }
}

extension TopicScan {
    /// Reads the topic from its beginning to its present end.
    ///
    /// - Parameter take: takes a record, the how-manieth, and says how far it has come.
    /// - Returns: false where it was interrupted.
    func readToEnd(
        unless interruption: inout Interruption, _ take: (KafkaRecord, Int) -> String
    ) throws(CommandFailure) -> Bool {
        var progress = ProgressLine()
        var seen = 0
        var isInterrupted = false
        _ = try run { event throws(CommandFailure) in
            if case .record(let record) = event {
                seen += 1
                let words = take(record, seen)
                progress.show(words)
            }
            isInterrupted = interruption.check()
            return !isInterrupted
        }
        progress.clear()
        return !isInterrupted
    }
}
