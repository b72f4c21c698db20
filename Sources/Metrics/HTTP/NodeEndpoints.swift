/// What a node answers on its one port: `/` status page, `/metrics`, `/healthz`, `/readyz`, `/status`.
package struct NodeEndpoints: Sendable {
    /// Whether the node is well in one respect.
    package enum Condition: Sendable, Hashable {
        case well
        /// Not, and why, in words.
        case unwell(String)
    }

    private let registry: MetricRegistry
    private let health: @Sendable () -> Condition
    private let readiness: @Sendable () -> Condition
    private let status: @Sendable () -> [UInt8]

    /// - Parameters:
    ///   - health: `/healthz`: the process moves; must not depend on the broker.
    ///   - readiness: `/readyz`: has brokers and its group, and what it did is acknowledged; paused is ready.
    ///   - status: `/status`: the JSON the documentation page `Status` describes.
    package init(
        registry: MetricRegistry, health: @escaping @Sendable () -> Condition,
        readiness: @escaping @Sendable () -> Condition, status: @escaping @Sendable () -> [UInt8]
    ) {
        self.registry = registry
        self.health = health
        self.readiness = readiness
        self.status = status
    }

    package func answer(_ request: HTTPRequest) -> HTTPResponse {
        switch request.path {
        case "/": return StatusPage.page.response()
        case "/metrics":
            let format = ExpositionFormat(accept: request.accept)
            return .exposition(format, registry.exposition(format))
        case "/healthz": return .condition(health())
        case "/readyz": return .condition(readiness())
        case "/status": return .json(status())
        default: return .notFound
        }
    }
}

extension HTTPResponse {
    /// Metrics, as the scraper wanted them.
    static func exposition(_ format: ExpositionFormat, _ body: [UInt8]) -> HTTPResponse {
        HTTPResponse(
            headers: [HTTPHeader("Content-Type", format.contentType), HTTPHeader("Vary", "Accept")], body: body)
    }

    static func condition(_ condition: NodeEndpoints.Condition) -> HTTPResponse {
        switch condition {
        case .well: .text("ok\n")
        case .unwell(let reason): .text(status: 503, reason + "\n")
        }
    }
}
