import Hosting
import Messages
import Scheduling

/// The `/status` document of a node.
struct NodeStatus: Sendable {
    let settings: NodeSettings
    let state: NodeState
    let metrics: NodeMetrics
    let health: NodeHealth
    let monitor: Monitor

    func encoded() -> [UInt8] {
        let now = MonotonicTime.now()
        let manager = state.snapshot
        var json = JSONWriter(capacity: 4096)
        json.beginObject()
        json.member("schema_version", 1)
        json.member("time", Timestamp.now().rfc3339)
        json.member("node", .object([JSONMember("id", .string(settings.nodeID))]))
        json.member("ready", health.unreadyReason == nil)
        json.member("reason", health.unreadyReason.map { .string($0) } ?? .null)
        json.member("queue", queue(manager))
        json.member("slots", .array(slots(manager, now)))
        json.member("partitions", .array(monitor.partitionLags.map(partition)))
        json.member("latency", IntervalReport.quantiles(metrics.latency))
        json.endObject()
        return json.bytes
    }

    private func queue(_ manager: ConcurrencyManager) -> JSONValue {
        .object([
            JSONMember("depth", .integer(manager.depth)),
            JSONMember("bound", .integer(settings.backpressure.queueDepth)),
            JSONMember("holding", .bool(!manager.backpressure.isFlowing)),
            JSONMember("in_flight", .integer(manager.inFlight)),
        ])
    }

    private func slots(_ manager: ConcurrencyManager, _ now: MonotonicTime) -> [JSONValue] {
        let hosts = state.hostPIDs
        return manager.slots.enumerated().map { index, slot in
            var members = [
                JSONMember("slot", .integer(index)), JSONMember("state", .string(slot.name)),
                JSONMember("host_pid", hosts[index].map { .integer(Int($0)) } ?? .null),
            ]
            if case .running(let step, let since) = slot {
                members.append(JSONMember("strategy", .string(step.request.strategy)))
                members.append(JSONMember("request_id", .string(step.request.requestID)))
                members.append(JSONMember("running_ms", .number(now.milliseconds(since: since))))
            }
            return .object(members)
        }
    }

    private func partition(_ lag: Monitor.PartitionLag) -> JSONValue {
        .object([
            JSONMember("partition", .integer(Int(lag.partition))),
            JSONMember("committed", lag.committed.map { .integer(Int($0)) } ?? .null),
            JSONMember("end", .integer(Int(lag.end))), JSONMember("lag", .integer(Int(lag.lag))),
        ])
    }
}

extension ConcurrencyManager.SlotState {
    fileprivate var name: String {
        switch self {
        case .starting: "starting"
        case .idle: "idle"
        case .running: "running"
        case .stopped: "stopped"
        }
    }
}
