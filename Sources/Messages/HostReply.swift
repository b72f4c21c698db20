/// What a host answered: how the step ended, and the members that go into the result as they are.
package struct HostReply: Sendable {
    package enum Status: String, Sendable {
        case completed, failed, rejected
    }

    package let status: Status
    package let problem: ReplyProblem?
    /// The request it answers, where the host says so.
    package let requestID: String?
    /// The members of the reply that belong into the result, as JSON text without braces.
    package let members: ArraySlice<UInt8>
    /// The whole answer of an external host that gives `positions` or `signals` in place of statistics: what
    /// `StepFrame.payload` has an engine trade. Empty where it gives neither.
    package var orders: [UInt8] = []

    /// The error a host gave. Its code is the host's own word, an external strategy's too.
    package struct ReplyProblem: Equatable, Sendable {
        package let code: String
        package let message: String
        package let isRetryable: Bool
        /// More of it, for who looks for the cause: a traceback.
        package var details: String?
    }

    /// Members the node writes itself: a host's are dropped.
    private static let reserved: Set<String> = [
        "schema_version", "type", "request_id", "status", "error", "node", "attempt", "history", "timing", "usage",
        "labels", "request",
    ]

    /// What a host may give for the node's engine to trade, in place of statistics of its own.
    package static let orderNames: Set<String> = ["positions", "signals"]

    /// Members of an answer that are the envelope's, or that the node writes in any case.
    package static var envelope: Set<String> { reserved.union(["strategy"]) }

    /// Reads what a built-in host has answered.
    ///
    /// With several steps under way, a reply too many would be taken for the next one's: each names what it answers, by
    /// the step's token in a `ReplyFrame`, by the request's id in JSON.
    /// - Throws: `JSONProblem` where it is no reply, or another step's.
    package static func parse(
        _ payload: [UInt8], ofStep token: UInt64, _ request: StrategyRequest
    ) throws(JSONProblem) -> HostReply {
        guard !ReplyFrame.isFrame(payload) else { return try ReplyFrame.read(payload, token: token) }
        let reply = try parse(payload)
        guard let answered = reply.requestID, answered != request.requestID else { return reply }
        throw JSONProblem(offset: 0, message: "it answers the request \"\(answered.cut(toBytes: 100))\"")
    }

    /// Whether the payload is a reply, and names another step or request than this: the host has answered an earlier one
    /// once more.
    package static func isOfAnotherStep(
        _ payload: [UInt8], than token: UInt64, _ request: StrategyRequest
    ) -> Bool {
        guard !ReplyFrame.isFrame(payload) else { return ReplyFrame.token(of: payload) != token }
        guard let answered = (try? parse(payload))?.requestID else { return false }
        return answered != request.requestID
    }

    /// Reads a reply in JSON, checking all of it.
    ///
    /// - Parameter strategy: the `strategy` member as the node knows it, JSON text, written in place of the host's own;
    ///   nil leaves it to the host.
    /// - Throws: `JSONProblem` where it is no JSON object, its status is not known, or an error is missing.
    package static func parse(_ bytes: [UInt8], strategy: [UInt8]? = nil) throws(JSONProblem) -> HostReply {
        var reader = JSONReader(bytes)
        var status: Status?
        var problem: ReplyProblem?
        var requestID: String?
        var members: [UInt8] = []
        if let strategy { append("strategy", strategy[...], to: &members) }
        var hasOrders = false
        var isFirst = true
        try reader.beginObject()
        while let name = try reader.nextName(&isFirst) {
            switch name {
            case "status": status = try readStatus(&reader)
            case "error": problem = try readError(&reader)
            case "request_id": requestID = try reader.value().string
            case "strategy" where strategy != nil: _ = try reader.skipValue()
            default:
                let value = try reader.skipValue()
                hasOrders = hasOrders || Self.orderNames.contains(name)
                if !reserved.contains(name) { append(name, bytes[value], to: &members) }
            }
        }
        try reader.end()
        guard let status else { throw reader.problem("the reply has no \"status\"", at: 0) }
        guard status == .completed || problem != nil else {
            throw reader.problem("the reply's status is \(status.rawValue) and it has no \"error\"", at: 0)
        }
        return HostReply(
            status: status, problem: status == .completed ? nil : problem, requestID: requestID, members: members[...],
            orders: hasOrders && status == .completed ? bytes : [])
    }

    private static func readStatus(_ reader: inout JSONReader) throws(JSONProblem) -> Status {
        let text = try reader.string()
        guard let status = Status(rawValue: text) else {
            throw reader.problem("status is \"\(text.cut(toBytes: 60))\", must be completed, failed or rejected")
        }
        return status
    }

    private static func readError(_ reader: inout JSONReader) throws(JSONProblem) -> ReplyProblem? {
        let value = try reader.value()
        if value == .null { return nil }
        guard let code = value["code"]?.string, let message = value["message"]?.string else {
            throw reader.problem("error must be an object with \"code\" and \"message\"")
        }
        return ReplyProblem(
            code: code, message: message, isRetryable: value["retryable"]?.bool ?? false,
            details: value["details"]?.string)
    }

    fileprivate static func append(_ name: String, _ value: ArraySlice<UInt8>, to members: inout [UInt8]) {
        if !members.isEmpty { members.append(UInt8(ascii: ",")) }
        var writer = JSONWriter(capacity: name.utf8.count + 2)
        writer.string(name)
        members.append(contentsOf: writer.bytes)
        members.append(UInt8(ascii: ":"))
        members.append(contentsOf: value)
    }
}

extension HostReply {
    /// The node's own word for what it can make nothing of.
    ///
    /// - Parameter strategy: the `strategy` member as the node knows it, JSON text.
    package init(_ problem: RequestProblem, strategy: [UInt8]) {
        self.init(
            status: problem.isStepsFailure ? .failed : .rejected,
            problem: ReplyProblem(
                code: problem.code.rawValue, message: problem.message, isRetryable: problem.isRetryable),
            requestID: nil, members: [])
        self = named(strategy)
    }

    /// The same reply with this for its `strategy`, JSON text, which it does not have yet.
    package func named(_ strategy: [UInt8]) -> HostReply {
        var all: [UInt8] = []
        all.reserveCapacity(members.count + strategy.count + 16)
        Self.append("strategy", strategy[...], to: &all)
        if !members.isEmpty {
            all.append(UInt8(ascii: ","))
            all += members
        }
        return HostReply(status: status, problem: problem, requestID: requestID, members: all[...], orders: orders)
    }
}
