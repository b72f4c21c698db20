import Messages
import Worker

/// The demo's requests: sma_crossover over the sample data, each with another pair of periods, in bursts.
struct DemoWorkload {
    struct Periods: Hashable {
        let fast: Int
        let slow: Int
    }

    static let strategy = "sma_crossover"
    /// So many bursts make up the whole load, one every `burstMs`.
    private static let bursts = 12
    static let burstMs = 500
    /// What two nodes with a full queue each can take without a pause, and a good deal more.
    private static let smallestBurst = 400

    let total: Int
    let burst: Int
    private let pairs: [Periods]
    private var next = 0

    init(requests: Int, bars: Int) {
        total = requests
        burst = max(Self.smallestBurst, (requests + Self.bursts - 1) / Self.bursts)
        pairs = Self.pairs(longest: min(200, bars / 2))
    }

    var submitted: Int { next }
    var isExhausted: Bool { next >= total }

    /// The periods of a request, by its number.
    func periods(_ index: Int) -> Periods {
        // A stride that shares no factor with the number of pairs visits each once, near ones far apart in time.
        let stride = 7919
        return pairs[index % pairs.count * (pairs.count.isMultiple(of: stride) ? 1 : stride) % pairs.count]
    }

    static func requestID(_ index: Int) -> String { "demo-\(index + 1)" }

    /// The number of the request with this id; nil for an id that is none of ours.
    func index(of requestID: String) -> Int? {
        guard requestID.hasPrefix("demo-"), let number = Int(requestID.dropFirst(5)), (1...total).contains(number)
        else {
            return nil
        }
        return number - 1
    }

    /// Takes the next request; nil when there is none left.
    mutating func take() -> (id: String, bytes: [UInt8])? {
        guard next < total else { return nil }
        defer { next += 1 }
        let id = Self.requestID(next)
        return (id, encoded(id, periods(next)))
    }

    /// Gives the last one back: it could not be sent.
    mutating func putBack() { next -= 1 }

    private func encoded(_ id: String, _ periods: Periods) -> [UInt8] {
        var json = JSONWriter(capacity: 256)
        json.beginObject()
        json.member("schema_version", StrategyRequest.schemaVersion)
        json.member("type", "backtest")
        json.member("request_id", id)
        json.member("submitted_at", Timestamp.now().rfc3339)
        json.name("strategy")
        json.beginObject()
        json.member("name", Self.strategy)
        json.name("parameters")
        json.beginObject()
        json.member("fast", periods.fast)
        json.member("slow", periods.slow)
        json.endObject()
        json.endObject()
        json.name("data")
        json.beginObject()
        json.member("dataset", SampleData.name)
        json.member("timeframe", SampleData.timeframe)
        json.endObject()
        json.endObject()
        return json.bytes
    }

    private static func pairs(longest: Int) -> [Periods] {
        (2...max(2, longest / 2)).flatMap { fast in
            (fast + 1...max(fast + 1, longest)).map { Periods(fast: fast, slow: $0) }
        }
    }
}
