import Kafka
import Messages
import Strategies
import Worker

/// Where a request lies, as its result says it.
struct RequestPlace {
    let topic: String
    let partition: Int32
    let offset: Int64

    /// - Returns: nil where the result does not say it.
    init?(ofResult result: [UInt8]) {
        guard let request = (try? JSONValue.parse(result))?["request"], let topic = request["topic"]?.string,
            let partition = request["partition"]?.integer.flatMap({ Int32(exactly: $0) }),
            let offset = request["offset"]?.integer, partition >= 0, offset >= 0
        else { return nil }
        self.topic = topic
        self.partition = partition
        self.offset = Int64(offset)
    }

    /// The sweep whose step the request there is; nil where it is gone or something else lies there.
    ///
    /// - Parameter id: of the sweep.
    func sweep(_ id: String, _ connection: KafkaConnection) throws(CommandFailure) -> JSONValue? {
        let scan = TopicScan(
            connection: connection, topic: topic, start: .offsets([partition: offset]), timeout: .seconds(10))
        var found: KafkaRecord?
        _ = try scan.run { event throws(CommandFailure) in
            if case .record(let record) = event { found = record }
            return found == nil
        }
        guard let found, found.offset == offset, let value = found.value,
            let members = (try? JSONValue.parse(value))?.members
        else { return nil }
        let definition = JSONValue.object(members.filter { $0.name != "step" && $0.name != "request_id" })
        return definition["optimization_id"]?.string == id ? definition : nil
    }
}
