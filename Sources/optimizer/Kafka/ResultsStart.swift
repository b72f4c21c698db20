import Kafka
import Messages
import Worker

/// Where `results` begins to read: by `--from`, `--since` or `--from-now`, else at the beginning.
struct ResultsStart {
    static let options = [
        Option("from", value: "PLACES", "from there on, PARTITION:OFFSET with commas, as submit says it"),
        Option(
            "since", value: "TIME", "only those published since then: 2026-01-31T09:30:00Z, or 90s, 30m, 12h, 7d ago"),
        Option("from-now", "only what comes from now on; goes with --follow"),
    ]

    private enum Wish {
        case all, new
        case places(TopicPlaces)
        case time(Timestamp)
    }

    private let wish: Wish

    /// - Throws: what is wrong with the call, code 64.
    init(_ arguments: Arguments) throws(CommandFailure) {
        let given = Self.options.map(\.name).filter { arguments.has($0) }
        guard given.count <= 1 else {
            throw .usage(given.map { "--\($0)" }.joined(separator: " and ") + " do not go together; give one of them")
        }
        if let text = arguments.value("from") {
            guard let places = TopicPlaces(text) else {
                throw .usage("--from is \(text), must be like 0:120,1:98: PARTITION:OFFSET, with commas")
            }
            wish = .places(places)
        } else if let time = try arguments.time("since") {
            wish = .time(time)
        } else {
            wish = arguments.has("from-now") ? .new : .all
        }
    }

    /// The scan of whoever puts steps together: on and on, unless it is to be `--now`.
    ///
    /// - Throws: what is wrong with the call, code 64, or what `apply` throws.
    static func scan(ofSteps arguments: Arguments) throws(CommandFailure) -> TopicScan {
        let timeout = try arguments.integer("timeout-ms", in: 1...86_400_000)
        let start = try ResultsStart(arguments)
        let connection = try KafkaConnection(arguments, topic: \.results)
        var scan = TopicScan(
            connection: connection, topic: connection.topics.results, follows: !arguments.has("now"), tellsEnd: true,
            timeout: timeout.map { .milliseconds($0) })
        try start.apply(to: &scan)
        return scan
    }

    /// Has the scan begin there.
    func apply(to scan: inout TopicScan) throws(CommandFailure) {
        switch wish {
        case .all: scan.start = .beginning
        case .new: scan.start = .end
        case .places(let places):
            let partitions = try scan.connection.topic(scan.topic).partitions
            if let absent = places.offsets.keys.sorted().first(where: { !partitions.contains($0) }) {
                throw .usage("--from names partition \(absent), and \(scan.topic) has \(partitions.count)")
            }
            scan.start = .offsets(Self.filled(places.offsets, partitions))
        case .time(let time):
            scan.start = .offsets(try Self.offsets(since: time, scan))
            scan.since = time.milliseconds
        }
    }

    /// A partition that is not named is newer than the word, and all that it holds.
    private static func filled(_ offsets: [Int32: Int64], _ partitions: [Int32]) -> [Int32: Int64] {
        Dictionary(uniqueKeysWithValues: partitions.map { ($0, offsets[$0] ?? 0) })
    }

    private static func offsets(since time: Timestamp, _ scan: TopicScan) throws(CommandFailure) -> [Int32: Int64] {
        let name = scan.topic
        let partitions = try scan.connection.topic(name).partitions
        let what = "ask for the offsets of a time in \(name)"
        return try scan.connection.withAdmin(what) { admin throws(KafkaFailure) in
            var found = try admin.offsets(topic: name, partitions: partitions, at: time.milliseconds)
            let rest = partitions.filter { found[$0] == nil }
            guard !rest.isEmpty else { return found }
            // Nothing is as new. A broker that finds no time at all (the embedded one) has that partition read from
            // its beginning.
            let ends = try admin.endOffsets(topic: name, partitions: rest)
            let any = try admin.offsets(topic: name, partitions: rest, at: 0)
            for partition in rest { found[partition] = any[partition] == nil ? 0 : ends[partition] ?? 0 }
            return found
        }
    }
}
