/// A request to run one strategy once: the envelope read, the sections kept as the bytes they are.
///
/// The node needs the envelope only; `data`, `account`, `statistics`, `output` and a sweep's parts are read by the
/// host that runs the step, through `section`.
package struct StrategyRequest: Sendable {
    /// The newest `schema_version` this code knows.
    package static let schemaVersion = 1
    /// The top-level members that a node or its hosts read.
    package static let memberNames = RequestMember.names

    /// The request as it came.
    package let bytes: [UInt8]
    package internal(set) var requestID = ""
    /// `backtest` unless the request says otherwise.
    package internal(set) var type = "backtest"
    package internal(set) var strategy = ""
    package internal(set) var strategyVersion: Int?
    /// Where the `strategy` member's value stands in `bytes`.
    package internal(set) var strategyRange = 0..<0
    /// Where its `name` and its `parameters` stand; empty where it has none.
    var strategyNameRange = 0..<0
    var parametersRange = 0..<0
    package internal(set) var parameters: [JSONMember] = []
    package internal(set) var limits = RequestedLimits()
    package internal(set) var locks: [String] = []
    /// When the request is no longer wanted.
    package internal(set) var expiresAt: Timestamp?
    package internal(set) var submittedAt: Timestamp?
    /// Echoed in the result: an object of strings, JSON text as it came; empty where there are none.
    package internal(set) var labels: [UInt8] = []
    /// Top-level members this code does not know: ignored and counted, a newer producer must not be refused.
    package internal(set) var unknownFields: [String] = []
    var sections: [Section] = []
    /// Where the orders of an external strategy stand in `bytes`, which its host has answered with; nil where there are
    /// none. No submitter can give them: they come with a `StepFrame`.
    var ordersRange: Range<Int>?

    /// The same of what the external strategy is that a step of a sweep is of.
    var descriptorRange: Range<Int>?

    /// The external strategy that a step of a sweep is of; nil where it is a built-in one.
    package var descriptor: StrategyDescriptor? {
        guard let descriptorRange else { return nil }
        var reader = JSONReader(bytes, range: descriptorRange)
        return (try? reader.value()).flatMap(StrategyDescriptor.init)
    }

    /// The orders that this request is to be run with, JSON text; nil where a strategy is to be run.
    package var orders: JSONReader? { ordersRange.map { JSONReader(bytes, range: $0) } }

    init(_ bytes: [UInt8]) { self.bytes = bytes }

    struct Section {
        let member: RequestMember
        let range: Range<Int>
    }

    /// The `type` of a sweep, or of one of its steps.
    static let sweep = "optimization"

    package var isSweep: Bool { type == Self.sweep }

    /// What a step is of by name: its sweep, and the walk-forward where that is the sweep of a window. Empty of other requests.
    package var sweepNames: [String] {
        guard isSweep, let step = StepID(requestID) else { return [] }
        guard sectionRange(RequestMember.walkForwardWindow.name) != nil, let window = step.window else {
            return [step.sweep]
        }
        return [step.sweep, window.walkForward]
    }

    /// A section as a tree; nil when the request has none or says `null`.
    package func section(_ name: String) throws(RequestProblem) -> JSONValue? {
        guard let range = sectionRange(name) else { return nil }
        var reader = JSONReader(bytes, range: range)
        do {
            let value = try reader.value()
            return value == .null ? nil : value
        } catch {
            throw RequestProblem(.invalidJSON, "the request is not valid JSON: \(error)")
        }
    }

    /// The bytes of a section, for a reader of its own (inline bars); nil when the request has none.
    package func sectionRange(_ name: String) -> Range<Int>? {
        sections.first { $0.member.name == name }?.range
    }
}

/// What a request asks for itself; never more than the node's ceilings.
package struct RequestedLimits: Equatable, Sendable {
    /// Of one core.
    package var cpuPercent: Int?
    /// In units of 2^20 bytes.
    package var memoryMB: Int?
    package var timeoutMs: Int?

    package init(cpuPercent: Int? = nil, memoryMB: Int? = nil, timeoutMs: Int? = nil) {
        self.cpuPercent = cpuPercent
        self.memoryMB = memoryMB
        self.timeoutMs = timeoutMs
    }
}

/// A request that cannot be read, with as much of it as could.
package struct UnreadableRequest: Error, Equatable, Sendable {
    package let problem: RequestProblem
    /// The id, where the reader had come past it: the rejected result is keyed by it.
    package let requestID: String?
    package let strategy: String?
    package let type: String
}

extension StrategyRequest {
    /// Reads and checks the envelope of a request, and that the rest is JSON.
    package static func parse(_ bytes: [UInt8]) throws(UnreadableRequest) -> StrategyRequest {
        var parser = RequestParser(bytes)
        do {
            try parser.parse()
        } catch {
            let request = parser.request
            throw UnreadableRequest(
                problem: error, requestID: request.requestID.isEmpty ? nil : request.requestID,
                strategy: request.strategy.isEmpty ? nil : request.strategy, type: request.type)
        }
        return parser.takeRequest()
    }
}
