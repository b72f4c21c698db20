internal import CBaseline

/// A loop in C from a requests topic to a results topic, to measure a node against: without children the plain loop,
/// with them the isolated one (`isolated.h` says what it does and what not).
///
/// Safety: the C value is allocated in `init` and freed in `deinit`. One thread calls `run`; `stop` may be called on
/// any, and only sets a flag that C reads atomically.
@safe
package final class BaselineWorker: @unchecked Sendable {
    package struct Failure: Error, CustomStringConvertible {
        package let description: String
    }

    /// What a client of librdkafka is configured with; of a name that comes twice the later value counts.
    package typealias Properties = [(name: String, value: String)]

    private let worker: UnsafeMutablePointer<baseline_worker>
    /// The processes of the isolated loop. They end with the thread that made this.
    package let children: [Int32]

    /// What a node's result of a noop with labels has beside the request's id.
    private static let resultBytes = 590

    /// Starts the children, opens the clients, joins the group.
    ///
    /// - Parameter children: none is the plain loop; 64 at most.
    /// - Throws: `Failure` that says what could not be started.
    package init(
        consumer: Properties, producer: Properties, requests: String, results: String, children: Int
    ) throws(Failure) {
        let consumer = try unsafe Self.configuration(consumer)
        let producer = try unsafe Self.configuration(producer)
        let worker = unsafe baseline_worker_new()!
        let outcome = unsafe baseline_worker_start(
            worker, consumer, producer, requests, results, Int32(children), Self.resultBytes)
        guard outcome == 0 else {
            let reason = unsafe String(cString: baseline_worker_problem(worker))
            unsafe baseline_worker_free(worker)
            throw Failure(description: reason)
        }
        unsafe self.worker = worker
        self.children = (0..<Int32(children)).map { unsafe baseline_worker_child(worker, $0) }
    }

    deinit { unsafe baseline_worker_free(worker) }

    /// Works until `stop`.
    /// - Throws: `Failure` where the loop ended before.
    package func run() throws(Failure) {
        unsafe baseline_worker_run(worker)
        let problem = unsafe String(cString: baseline_worker_problem(worker))
        if !problem.isEmpty { throw Failure(description: problem) }
    }

    package func stop() { unsafe baseline_worker_stop(worker) }

    private static func configuration(_ properties: Properties) throws(Failure) -> OpaquePointer {
        let configuration = unsafe rd_kafka_conf_new()!
        for property in properties {
            let result = unsafe rd_kafka_conf_set(configuration, property.name, property.value, nil, 0)
            guard result != RD_KAFKA_CONF_OK else { continue }
            unsafe rd_kafka_conf_destroy(configuration)
            throw Failure(description: "librdkafka does not take \(property.name)=\(property.value)")
        }
        return unsafe configuration
    }
}
