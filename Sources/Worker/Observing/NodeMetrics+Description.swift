import Configuration
import Hosting
import Kafka
import Messages
import Metrics
import Scheduling
import Strategies
import System

extension NodeMetrics {
    /// Shows what does not change while the node runs.
    func describe(_ settings: NodeSettings, _ isolation: IsolationReport, _ strategies: StrategyList) {
        let enforcement = isolation.entries.map { ($0.resource, $0.mechanism.rawValue) }
        registry.describe(
            NodeDescription(
                version: ProductVersion.text, librdkafka: KafkaLibrary.version, node: settings.nodeID,
                group: settings.configuration.kafka.groupId, strategiesDigest: strategies.digest,
                slots: settings.slotCount,
                queueDepthLimit: settings.backpressure.queueDepth, inFlightLimit: settings.backpressure.maxInFlight,
                latencyTargetMs: settings.latencyTargetMs,
                prefetchLimitBytes: settings.configuration.kafka.prefetchMB << 20,
                enforcement: Dictionary(enforcement) { first, _ in first }))
        if let end = settings.lastEnd { registry.gauge(.lastEndInfo, end.reason.rawValue).set(true) }
        for index in registry.strategies.indices { strategySlots(index, settings.slotCount) }
        showDisabled(strategies)
    }

    /// Shows which strategies are switched off, which may change while the node runs.
    func showDisabled(_ strategies: StrategyList) {
        let disabled = Set(strategies.disabledNames)
        for name in strategies.names { registry.gauge(.strategyDisabled, name).set(disabled.contains(name)) }
    }

    /// Shows the data sets as they are now: they may be imported while the node runs.
    func showData(in root: String) {
        registry.describeData(digest: Digest.short(of: DatasetCatalogue.list(root).map { "\($0.name) \($0.version)" }))
    }
}

extension StrategyList {
    /// Of names, versions and parameters; nodes that run different strategies differ in it.
    var digest: String {
        Digest.short(of: descriptors.sorted { $0.name < $1.name }.map(Self.line))
    }

    private static func line(_ strategy: StrategyDescriptor) -> String {
        let parameters = strategy.parameters.map { "\($0.name): \($0.expectation) = \($0.defaultValue?.text ?? "")" }
        return "\(strategy.name) \(strategy.version) (\(parameters.joined(separator: "; ")))"
    }
}

/// A few digits that differ where texts differ.
private enum Digest {
    /// - Returns: 16 hexadecimal digits of the lines' SHA-256.
    static func short(of lines: [String]) -> String {
        String(SHA256.hex(of: Array(lines.joined(separator: "\n").utf8)).prefix(16))
    }
}
