import Messages

/// What a node's last interval event says of it beside its figures. The topic is anybody's: every list is bounded, and so
/// is every name.
struct NodeDetails: Equatable {
    struct Runs: Equatable {
        var name: String
        var slots: Int
    }

    struct KeptBack: Hashable {
        var strategy: String
        /// `disabled`, `suspended`, `not_starting`, `throttled`, or what a later version says.
        var how: String
    }

    struct Partition: Equatable {
        var partition: Int
        var lag: Int?
        var lagSeconds: Double?
        var isPaused: Bool
        var blocked: Blocked?
    }

    /// The lowest offset that is not done, and how it stands with that.
    struct Blocked: Equatable {
        var offset: Int
        var state: String
        var slot: Int?
    }

    struct Broker: Equatable {
        var address: String
        var state: String
        var roundTripMs: Double?
    }

    static let mostPartitions = 1000
    private static let most = 200
    private static let longestName = 256
    /// Of what is one of a few words.
    private static let longestWord = 32

    var group: String?
    var version: String?
    /// What the node's `/readyz` says; nil where it does not say.
    var isReady: Bool?
    var runs: [Runs] = []
    var keptBack: [KeptBack] = []
    var partitions: [Partition] = []
    /// Partitions that no member of the group reads.
    var unreadPartitions: Int?
    var brokers: [Broker] = []

    init() {}

    /// - Parameter event: of kind `interval`; what it lacks is left empty.
    init(_ event: JSONValue) {
        group = Self.name(event["group"])
        version = Self.name(event["version"])
        isReady = event["ready"]?.bool
        runs = Self.list(event["running_strategies"]) { value in
            guard let name = Self.name(value["name"]), let slots = value["slots"]?.figure else { return nil }
            return Runs(name: name, slots: slots)
        }
        keptBack = Self.list(event["kept_back"]) { value in
            guard let strategy = Self.name(value["strategy"]), let how = Self.word(value["how"]) else { return nil }
            return KeptBack(strategy: strategy, how: how)
        }
        partitions = Self.partitions(event)
        unreadPartitions = event["unread_partitions"]?.figure
        brokers = Self.list(event["brokers"]) { value in
            guard let address = Self.name(value["broker"]), let state = Self.word(value["state"]) else { return nil }
            return Broker(address: address, state: state, roundTripMs: value["round_trip_ms"]?.measure)
        }
    }

    private static func partitions(_ event: JSONValue) -> [Partition] {
        let blocked = list(event["blocked"], most: mostPartitions) { value -> (Int, Blocked)? in
            guard let partition = value["partition"]?.figure, let offset = value["offset"]?.figure,
                let state = word(value["state"])
            else { return nil }
            return (partition, Blocked(offset: offset, state: state, slot: value["slot"]?.figure))
        }
        let byPartition = Dictionary(blocked) { first, _ in first }
        return list(event["partition_lags"], most: mostPartitions) { value in
            guard let partition = value["partition"]?.figure else { return nil }
            return Partition(
                partition: partition, lag: value["lag"]?.figure, lagSeconds: value["lag_seconds"]?.measure,
                isPaused: value["paused"]?.bool ?? false, blocked: byPartition[partition])
        }
    }

    private static func list<Element>(
        _ value: JSONValue?, most: Int = most, _ element: (JSONValue) -> Element?
    ) -> [Element] {
        (value?.elements ?? []).prefix(most).compactMap(element)
    }

    private static func name(_ value: JSONValue?) -> String? { value?.string?.cut(toBytes: longestName) }

    private static func word(_ value: JSONValue?) -> String? { value?.string?.cut(toBytes: longestWord) }
}

extension JSONValue {
    /// A number of things. The topic is anybody's: what is cut to this may be added up over every member and node there
    /// can be.
    var figure: Int? { integer.map { min(max($0, 0), 1_000_000_000_000) } }
    /// A rate, or a time: as a figure, cut to what is sound.
    var measure: Double? { double.map { min(max($0, 0), 1_000_000_000) } }
}
