import Kafka
import Messages
import Scheduling
import System

/// The control thread: reads what is cancelled, from the topic's beginning and without a group, so that every node hears
/// all of it. It may sit in a call for as long as a broker keeps it waiting, and nothing waits for it.
final class ControlReader: Sendable {
    private let topic: String
    private let state: NodeState
    private let heartbeats: Heartbeats
    private let log: Log
    private let end: ThreadEnd

    /// How often a topic is looked for that is not there.
    private static let searchMs = 30_000
    /// How long it waits for a record before it looks whether the node ends.
    private static let pieceMs: Int32 = 500

    init(topic: String, state: NodeState, heartbeats: Heartbeats, log: Log) throws(SystemFailure) {
        self.topic = topic
        self.state = state
        self.heartbeats = heartbeats
        self.log = log
        end = try ThreadEnd()
    }

    /// Asks the thread to end, which it does after the call it sits in; nobody has to wait for that.
    func stop() { end.ask() }

    /// The thread's body.
    func run(_ clients: KafkaClients) {
        var told: String?
        while end.mayGoOn {
            heartbeats.beat(.control, at: .now())
            do throws(KafkaFailure) {
                let reader = try TopicReader(clients.readerProperties(), topics: [(topic, .beginning)])
                defer { reader.close() }
                told = nil
                follow(reader)
            } catch {
                // Once: it is looked for again and again.
                if told != error.name { missing(error) }
                told = error.name
                let next = MonotonicTime.now().adding(milliseconds: Self.searchMs)
                heartbeats.rest(.control, until: next)
                while end.mayGoOn, .now() < next { end.sleep(until: next) }
            }
        }
    }

    private func missing(_ failure: KafkaFailure) {
        log.warning(
            "the control topic cannot be read: what optimizer cancel says does not reach this node",
            JSONMember("topic", .string(topic)), JSONMember("reason", .string(failure.description)))
    }

    private func follow(_ reader: TopicReader) {
        var told: String?
        while end.mayGoOn {
            heartbeats.beat(.control, at: .now())
            switch reader.next(timeoutMs: Self.pieceMs) {
            case .record(_, let record):
                told = nil
                take(record)
            case .failure(let failure):
                if told != failure.name {
                    log.warning(
                        "a broker does not give the control topic: what optimizer cancel says may come late",
                        JSONMember("topic", .string(topic)), JSONMember("reason", .string(failure.description)))
                }
                told = failure.name
            case .caughtUp, .idle: break
            }
        }
    }

    private func take(_ record: KafkaRecord) {
        do throws(RequestProblem) {
            var order = try CancelOrder.parse(record.value ?? [])
            // As a request is stamped, by its sender or by the broker; what the message says is for people.
            if let stamped = record.time { order = CancelOrder(order.target, time: stamped) }
            cancel(order)
        } catch {
            log.warning(
                "a message of the control topic says nothing that this node knows",
                JSONMember("partition", .integer(Int(record.partition))),
                JSONMember("offset", .integer(Int(record.offset))), JSONMember("reason", .string(error.message)))
        }
    }

    private func cancel(_ order: CancelOrder) {
        let (woken, ended) = state.decide { $0.cancel(order) }
        state.wake(slots: woken)
        state.killHosts(of: ended)
        let target =
            switch order.target {
            case .request(let id): JSONMember("request_id", .string(id))
            case .sweep(let id): JSONMember("optimization_id", .string(id))
            }
        log.info("cancelled", target, JSONMember("running", .integer(ended.count)))
    }
}
