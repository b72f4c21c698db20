// Links libm, which the rounding of doubles calls.
import Glibc

/// How a request ended. Every one of these is terminal.
package enum ResultStatus: String, Sendable, CaseIterable {
    case completed, failed, rejected, expired, crashed
    case timedOut = "timed_out"
    case resourceExceeded = "resource_exceeded"
    case cancelled

    /// The place among all cases of each; found without a search, since every result asks for it twice.
    package var number: Int {
        switch self {
        case .completed: 0
        case .failed: 1
        case .rejected: 2
        case .expired: 3
        case .crashed: 4
        case .timedOut: 5
        case .resourceExceeded: 6
        case .cancelled: 7
        }
    }

    /// - Returns: nil where no status has this number.
    package init?(number: Int) {
        switch number {
        case 0: self = .completed
        case 1: self = .failed
        case 2: self = .rejected
        case 3: self = .expired
        case 4: self = .crashed
        case 5: self = .timedOut
        case 6: self = .resourceExceeded
        case 7: self = .cancelled
        default: return nil
        }
    }
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
        /// More of it, such as a traceback.
        package var details: String?

        /// A result is kept by a broker: more than this says nothing more.
        package static let longestDetails = 16_384

        package init(code: String, message: String, isRetryable: Bool, details: String? = nil) {
            self.code = code.cut(toBytes: 100)
            self.message = message.cut(toBytes: RequestProblem.longestMessage)
            self.isRetryable = isRetryable
            self.details = details?.cut(toBytes: Self.longestDetails)
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
    /// The request's, JSON text; empty where it has none.
    package var labels: [UInt8] = []
    package var origin: RequestOrigin
    package var node: String
    package var attempt = 1
    /// Its failed runs before this one, as far as they are known.
    package var history: [FailedAttempt] = []
    package var timing: ResultTiming
    package var usage: ResultUsage?
    /// The host's members, JSON text without braces.
    package var members: ArraySlice<UInt8> = []

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
        var json = JSONWriter(capacity: 512 + members.count + labels.count)
        if type == "backtest" {
            json.fragment(#"{"schema_version":1,"type":"backtest_result","request_id":"#)
        } else {
            json.fragment(#"{"schema_version":1,"type":"#)
            json.string(type + "_result")
            json.fragment(#","request_id":"#)
        }
        json.string(requestID)
        json.fragment(#","status":"#)
        json.string(status.rawValue)
        write(failure, to: &json)
        if members.isEmpty, let strategy {
            json.fragment(#","strategy":{"name":"#)
            json.string(strategy)
            json.fragment("}")
        }
        if !members.isEmpty {
            json.fragment(",")
            json.rawMembers(members)
        }
        if !labels.isEmpty {
            json.fragment(#","labels":"#)
            json.raw(labels)
        }
        json.fragment(#","node":"#)
        json.string(node)
        json.fragment(#","attempt":"#)
        json.integer(attempt)
        if !history.isEmpty {
            json.fragment(#","history":"#)
            json.raw(FailedAttempt.encoded(history))
        }
        writeOrigin(to: &json)
        writeTiming(to: &json)
        writeUsage(to: &json)
        json.fragment("}")
        return json.bytes
    }

    private func write(_ failure: Failure?, to json: inout JSONWriter) {
        guard let failure else { return json.fragment(#","error":null"#) }
        json.fragment(#","error":"#)
        json.beginObject()
        json.member("code", failure.code)
        json.member("message", failure.message)
        json.member("retryable", failure.isRetryable)
        if let details = failure.details { json.member("details", details) }
        json.endObject()
    }

    private func writeOrigin(to json: inout JSONWriter) {
        json.fragment(#","request":{"topic":"#)
        json.string(origin.topic)
        json.fragment(#","partition":"#)
        json.integer(Int(origin.partition))
        json.fragment(#","offset":"#)
        json.integer(origin.offset)
        json.fragment(#","key":"#)
        // A key that is no text cannot stand in JSON; the result's own Kafka key is the same bytes.
        if let key = origin.key, UTF8Check.isValid(key) { json.string(utf8: key) } else { json.null() }
        json.fragment("}")
    }

    private func writeTiming(to json: inout JSONWriter) {
        json.fragment(#","timing":{"queued_ms":"#)
        write(timing.queuedMs, to: &json)
        json.fragment(#","step_ms":"#)
        write(timing.stepMs, to: &json)
        json.fragment(#","total_ms":"#)
        write(timing.totalMs, to: &json)
        json.fragment("}")
    }

    private func writeUsage(to json: inout JSONWriter) {
        guard let usage else { return }
        json.fragment(#","usage":{"cpu_ms":"#)
        write(usage.cpuMs, to: &json)
        json.fragment(#","max_rss_mb":"#)
        write(usage.maxRSSMB, to: &json)
        if let throttled = usage.throttledMs {
            json.fragment(#","throttled_ms":"#)
            write(throttled, to: &json)
        }
        json.fragment("}")
    }

    /// Three decimals: microseconds are as fine as these clocks mean anything.
    private func write(_ value: Double, to json: inout JSONWriter) {
        let thousandths = (value * 1000).rounded()
        // Beyond this a double has no thousandths, and is none of these figures.
        if abs(thousandths) < 0x1p53 { json.thousandths(Int(thousandths)) } else { json.double(value) }
    }
}
