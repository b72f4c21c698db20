internal import CRdKafka
internal import Glibc
internal import Synchronization
internal import System

/// librdkafka's mock cluster inside this process, for trying things out and for tests.
///
/// It listens on 127.0.0.1 only. What it does not have of a real Kafka: static members, transactions, creating and
/// deleting topics, offsets by time; and it keeps at most 5 MiB of record batches per partition, silently.
///
/// Safety: the cluster has a thread and a lock of its own; every call here is allowed on any thread. The owner calls
/// `close` once, when nobody else uses the broker any more; both handles are good until then.
@safe
package final class EmbeddedBroker: @unchecked Sendable {
    private let client: OpaquePointer
    private let cluster: OpaquePointer
    private var isClosed = false
    /// The ports of brokers that are down, by their numbers from 1.
    private let held = Mutex<[Int32: HeldPort]>([:])

    /// `host:port,…` of every broker.
    package let bootstrapServers: String

    /// - Throws: `KafkaFailure` where no socket can be opened or a topic's name or partition count is refused.
    package init(brokers: Int = 1, topics: [(name: String, partitions: Int)]) throws(KafkaFailure) {
        // Level 2: the mock would complain on stderr that it has no bootstrap.servers, which it is itself.
        let properties = try ClientProperties(role: .producer, defaults: [.init("log_level", "2")], overrides: [])
        let settings = try ClientSettings(properties)
        let client = try unsafe settings.makeClient(RD_KAFKA_PRODUCER, events: 0)
        guard let cluster = unsafe rd_kafka_mock_cluster_new(client, Int32(clamping: max(brokers, 1))) else {
            unsafe rd_kafka_destroy(client)
            throw KafkaFailure(RD_KAFKA_RESP_ERR__FAIL, reason: "the embedded broker could not be started")
        }
        unsafe self.client = client
        unsafe self.cluster = cluster
        bootstrapServers = unsafe String(cString: rd_kafka_mock_cluster_bootstraps(cluster))
        do throws(KafkaFailure) {
            for topic in topics { try createTopic(topic.name, partitions: topic.partitions) }
        } catch {
            close()
            throw error
        }
    }

    deinit {
        assert(isClosed, "an EmbeddedBroker is closed by its owner")
    }

    /// Ends the brokers; their sockets are gone when it returns.
    package func close() {
        guard !isClosed else { return }
        isClosed = true
        unsafe rd_kafka_mock_cluster_destroy(cluster)
        unsafe rd_kafka_destroy(client)
    }

    /// - Throws: `KafkaFailure` where the topic is there already, or its name or partition count is refused.
    package func createTopic(_ name: String, partitions: Int) throws(KafkaFailure) {
        guard partitions > 0 else { throw .invalid("topic \(name) cannot have \(partitions) partitions") }
        let code = unsafe rd_kafka_mock_topic_create(cluster, name, Int32(clamping: partitions), 1)
        guard code == RD_KAFKA_RESP_ERR_NO_ERROR else {
            throw KafkaFailure(code, reason: "the embedded broker refuses topic \(name)")
        }
    }

    /// A request of the protocol whose answer can be replaced by an error.
    package enum Request: Int16, Sendable {
        case produce = 0
        case fetch = 1
        case listOffsets = 2
        case metadata = 3
        case offsetCommit = 8
        case offsetFetch = 9
        case findCoordinator = 10
        case joinGroup = 11
        case heartbeat = 12
        case leaveGroup = 13
        case syncGroup = 14
        case initProducerId = 22
    }

    /// The next requests of this kind fail with these codes, one each.
    package func fail(_ request: Request, with codes: [Int32]) {
        let errors = codes.map { rd_kafka_resp_err_t(rawValue: $0) }
        unsafe rd_kafka_mock_push_request_errors_array(cluster, request.rawValue, errors.count, errors)
    }

    package func clearFailures(_ request: Request) {
        unsafe rd_kafka_mock_clear_request_errors(cluster, request.rawValue)
    }

    /// Every metadata answer for this topic carries the code; 0 ends it.
    package func setTopicError(_ topic: String, code: Int32) {
        unsafe rd_kafka_mock_topic_set_error(cluster, topic, rd_kafka_resp_err_t(rawValue: code))
    }

    /// Ends a broker's connections and takes no more, or takes them again. Its address stays the same.
    package func setDown(_ isDown: Bool, broker: Int32 = 1) {
        guard isDown else {
            _ = unsafe rd_kafka_mock_broker_set_up(cluster, broker)
            held.withLock { $0[broker] = nil }
            return
        }
        _ = unsafe rd_kafka_mock_broker_set_down(cluster, broker)
        hold(broker)
    }

    /// Keeps the broker's port until it is up again: it ends the process where another has it by then.
    private func hold(_ broker: Int32) {
        let addresses = bootstrapServers.split(separator: ",")
        guard addresses.indices.contains(Int(broker) - 1),
            let port = addresses[Int(broker) - 1].split(separator: ":").last.flatMap({ UInt16($0) })
        else { return }
        // A client that was being connected to itself at that moment is gone within milliseconds.
        for _ in 0..<1000 {
            if let port = HeldPort(port) {
                held.withLock { $0[broker] = port }
                return
            }
            usleep(1000)
        }
    }

    /// Delays every answer of a broker.
    package func setRoundTrip(milliseconds: Int32, broker: Int32 = 1) {
        _ = unsafe rd_kafka_mock_broker_set_rtt(cluster, broker, milliseconds)
    }

    /// Makes a broker the leader of a partition.
    package func setLeader(of topic: String, partition: Int32, broker: Int32) {
        _ = unsafe rd_kafka_mock_partition_set_leader(cluster, topic, partition, broker)
    }
}
