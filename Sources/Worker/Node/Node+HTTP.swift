import Configuration
import Hosting
import Messages
import Metrics
import Scheduling
import Synchronization
import System

/// What the node answers over HTTP.
extension Node {
    func serveHTTP() throws(NodeFailure) {
        guard let address = settings.http else { return }
        ProcessMetrics(in: registry)
        let status = NodeStatus(
            settings: settings, gauges: gauges, strategies: strategies,
            monitor: { [weak self] in self?.work.withLock { $0?.monitor } }, errors: errors, startedAt: startedAt,
            isolation: isolation.report)
        let droppedLines = registry.counter(.logLinesDropped)
        registry.beforeExposition { [log] in droppedLines.mirror(total: UInt64(log.droppedLines)) }
        registry.beforeExposition { [gauges] in gauges.update(at: .now()) }
        let endpoints = NodeEndpoints(
            registry: registry,
            health: { [heartbeats] in heartbeats.stuckReason(at: .now()).map { .unwell($0) } ?? .well },
            readiness: { [readiness] in readiness.unreadyReason(at: .now()).map { .unwell($0) } ?? .well },
            status: { status.encoded() })
        do {
            let started = try HTTPServer(host: address.host, port: UInt16(clamping: address.port)) {
                endpoints.answer($0)
            }
            server.withLock { $0 = started }
        } catch {
            let problem = settings.configuration.problem(at: "metrics.http", error.description)
            throw NodeFailure(problem.description, code: ExitCode.configuration)
        }
    }
}
