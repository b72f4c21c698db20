import Kafka
import Messages
import Strategies
import Worker

/// Where a request lies, as its result says it.
struct RequestPlace: Hashable {
    let topic: String
    let partition: Int32
    let offset: Int64

    init(of record: KafkaRecord, in topic: String) {
        self.topic = topic
        partition = record.partition
        offset = record.offset
    }

    /// - Returns: nil where the result does not say it.
    init?(ofResult result: JSONValue) {
        guard let request = result["request"], let topic = request["topic"]?.string,
            let partition = request["partition"]?.integer.flatMap({ Int32(exactly: $0) }),
            let offset = request["offset"]?.integer, partition >= 0, offset >= 0
        else { return nil }
        self.topic = topic
        self.partition = partition
        self.offset = Int64(offset)
    }

    /// The request there; nil where it, or its topic, is gone or cannot be read.
    func request(_ connection: KafkaConnection) -> JSONValue? {
        let scan = TopicScan(
            connection: connection, topic: topic, start: .offsets([partition: offset]), timeout: .seconds(10))
        var found: KafkaRecord?
        do throws(CommandFailure) {
            _ = try scan.run { event throws(CommandFailure) in
                if case .record(let record) = event { found = record }
                return found == nil
            }
        } catch {
            return nil
        }
        guard let found, found.offset == offset, let value = found.value else { return nil }
        return try? JSONValue.parse(value)
    }

    /// The sweep whose step the request there is; nil where it is gone or something else lies there.
    ///
    /// - Parameter id: of the sweep.
    func sweep(_ id: String, _ connection: KafkaConnection) -> JSONValue? {
        request(connection).flatMap { Self.sweep(id, ofRequest: $0) }
    }

    /// The sweep whose step this is; nil where it is something else.
    static func sweep(_ id: String, ofRequest request: JSONValue) -> JSONValue? {
        guard let members = request.members else { return nil }
        let definition = JSONValue.object(members.filter { $0.name != "step" && $0.name != "request_id" })
        return definition["optimization_id"]?.string == id ? definition : nil
    }
}
