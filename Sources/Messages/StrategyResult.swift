// Links libm, which the rounding of doubles calls.
import Glibc

/// How a request ended. Every one of these is terminal.
package enum ResultStatus: String, Sendable, CaseIterable {
    case completed, failed, rejected, expired, crashed
    case timedOut = "timed_out"
    case resourceExceeded = "resource_exceeded"
}

/// Where a request came from.
package struct RequestOrigin: Sendable {
    package let topic: String
    package let partition: Int32
    package let offset: Int64
    package let key: [UInt8]?

    package init(topic: String, partition: Int32, offset: Int64, key: [UInt8]?) {
        self.topic = topic
        self.partition = partition
        self.offset = offset
        self.key = key
    }

    /// Names a request that has no id of its own.
    package var coordinates: String { "\(topic)-\(partition)-\(offset)" }
}

/// How long the parts of a request's way took, in milliseconds.
package struct ResultTiming: Sendable {
    /// From the record's arrival in the node to the start of the step.
    package var queuedMs: Double
    /// From the start of the step to its answer.
    package var stepMs: Double
    /// From the arrival to the result.
    package var totalMs: Double

    package init(queuedMs: Double, stepMs: Double, totalMs: Double) {
        self.queuedMs = queuedMs
        self.stepMs = stepMs
        self.totalMs = totalMs
    }
}

/// What a step used.
package struct ResultUsage: Sendable {
    package var cpuMs: Double
    /// The host's largest resident set so far, in units of 2^20 bytes.
    package var maxRSSMB: Double
    package var throttledMs: Double?

    package init(cpuMs: Double, maxRSSMB: Double, throttledMs: Double? = nil) {
        self.cpuMs = cpuMs
        self.maxRSSMB = maxRSSMB
        self.throttledMs = throttledMs
    }
}

/// The result of one request, as it goes on the results topic.
package struct StrategyResult: Sendable {
    package struct Failure: Sendable {
        package var code: String
        package var message: String
        package var isRetryable: Bool

        package init(code: String, message: String, isRetryable: Bool) {
            self.code = code.cut(toBytes: 100)
            self.message = message.cut(toBytes: RequestProblem.longestMessage)
            self.isRetryable = isRetryable
        }

        package init(_ problem: RequestProblem) {
            self.init(code: problem.code.rawValue, message: problem.message, isRetryable: problem.isRetryable)
        }
    }

    package var requestID: String
    package var type = "backtest"
    package var status: ResultStatus
    package var failure: Failure?
    /// The strategy the request names; written only where the host's members do not hold one.
    package var strategy: String?
    package var labels: [JSONMember] = []
    package var origin: RequestOrigin
    package var node: String
    package var attempt = 1
    package var timing: ResultTiming
    package var usage: ResultUsage?
    /// The host's members, JSON text without braces.
    package var members: [UInt8] = []

    package init(
        requestID: String, status: ResultStatus, failure: Failure? = nil, origin: RequestOrigin, node: String,
        timing: ResultTiming
    ) {
        self.requestID = requestID
        self.status = status
        self.failure = failure
        self.origin = origin
        self.node = node
        self.timing = timing
    }

    /// The result as JSON; `strategy` and the host's members stand as they came.
    package func encoded() -> [UInt8] {
        var json = JSONWriter(capacity: 512 + members.count)
        json.beginObject()
        json.member("schema_version", StrategyRequest.schemaVersion)
        json.member("type", type + "_result")
        json.member("request_id", requestID)
        json.member("status", status.rawValue)
        write(failure, to: &json)
        if members.isEmpty, let strategy {
            json.name("strategy")
            json.beginObject()
            json.member("name", strategy)
            json.endObject()
        }
        json.rawMembers(members)
        if !labels.isEmpty { json.member("labels", .object(labels)) }
        json.member("node", node)
        json.member("attempt", attempt)
        writeOrigin(to: &json)
        writeTiming(to: &json)
        writeUsage(to: &json)
        json.endObject()
        return json.bytes
    }

    private func write(_ failure: Failure?, to json: inout JSONWriter) {
        json.name("error")
        guard let failure else { return json.null() }
        json.beginObject()
        json.member("code", failure.code)
        json.member("message", failure.message)
        json.member("retryable", failure.isRetryable)
        json.endObject()
    }

    private func writeOrigin(to json: inout JSONWriter) {
        json.name("request")
        json.beginObject()
        json.member("topic", origin.topic)
        json.member("partition", origin.partition)
        json.member("offset", origin.offset)
        json.name("key")
        // A key that is no text cannot stand in JSON; the result's own Kafka key is the same bytes.
        if let key = origin.key, UTF8Check.isValid(key) {
            json.string(String(decoding: key, as: UTF8.self))
        } else {
            json.null()
        }
        json.endObject()
    }

    private func writeTiming(to json: inout JSONWriter) {
        json.name("timing")
        json.beginObject()
        json.member("queued_ms", rounded(timing.queuedMs))
        json.member("step_ms", rounded(timing.stepMs))
        json.member("total_ms", rounded(timing.totalMs))
        json.endObject()
    }

    private func writeUsage(to json: inout JSONWriter) {
        guard let usage else { return }
        json.name("usage")
        json.beginObject()
        json.member("cpu_ms", rounded(usage.cpuMs))
        json.member("max_rss_mb", rounded(usage.maxRSSMB))
        if let throttled = usage.throttledMs { json.member("throttled_ms", rounded(throttled)) }
        json.endObject()
    }

    /// Microseconds are as fine as these clocks mean anything.
    private func rounded(_ milliseconds: Double) -> Double { (milliseconds * 1000).rounded() / 1000 }
}
