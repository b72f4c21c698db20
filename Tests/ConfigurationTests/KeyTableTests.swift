import Testing

@testable import Configuration

struct KeyTableTests {
    @Test func noPathOrEnvironmentNameStandsTwice() {
        #expect(Set(ConfigurationKey.all.map(\.path)).count == ConfigurationKey.all.count)
        #expect(Set(ConfigurationKey.all.map(\.environmentName)).count == ConfigurationKey.all.count)
    }

    @Test(arguments: [
        ("kafka.bootstrapServers", "OPTIMIZER_KAFKA_BOOTSTRAP_SERVERS"),
        ("kafka.prefetchMB", "OPTIMIZER_KAFKA_PREFETCH_MB"),
        ("kafka.groupId", "OPTIMIZER_KAFKA_GROUP_ID"), ("limits.executionTimeMs", "OPTIMIZER_LIMITS_EXECUTION_TIME_MS"),
        ("disabledStrategies", "OPTIMIZER_DISABLED_STRATEGIES"),
        ("kafka.topics.deadLetters", "OPTIMIZER_KAFKA_TOPICS_DEAD_LETTERS"),
    ])
    func environmentNamesSplitAtCapitals(path: String, name: String) throws {
        #expect(try #require(ConfigurationKey.byPath[path]).environmentName == name)
    }

    /// Every key reads its own default back: from what it shows, through `--set`.
    @Test(arguments: ConfigurationKey.all.filter(\.isSetByText))
    func takesItsDefaultAsASetting(_ key: ConfigurationKey) throws {
        #expect(try configuration(settings: ["\(key.path)=\(key.defaultText)"]) == .defaults)
    }

    /// And stores where it shows from: another value changes exactly this key.
    @Test(arguments: ConfigurationKey.all.filter(\.isSetByText))
    func changesItselfAlone(_ key: ConfigurationKey) throws {
        let others = [
            "node.id": "n", "kafka.bootstrapServers": "embedded", "metrics.http": "[::1]:0", "delivery": "exactly_once",
            "ordering": "key", "kafka.groupProtocol": "consumer",
            "isolation.enforcement": "rlimit", "isolation.sandbox": "strict", "throttle.enabled": "false",
            "circuitBreaker.enabled": "true", "logging.level": "error", "logging.format": "text",
            "disabledStrategies": "[noop]", "health.brokersAwayMs": "20000", "health.unacknowledgedMs": "20000",
        ]
        let value = others[key.path] ?? (key.unit == nil ? "other" : key.path.hasSuffix("queueDepth") ? "51" : "49")
        let needsMore = [
            "backpressure.maxInFlight", "metrics.intervalMs", "limits.timeoutMs", "throttle.interferencePercent",
            "limits.maxNodeCpuPercent", "retry.maxDelayMs",
        ].contains(key.path)
        let fitting = needsMore ? "149" : value
        let changed = try configuration(settings: ["\(key.path)=\(fitting)"])
        #expect(key.show(changed) == fitting)
        for other in ConfigurationKey.all where other.path != key.path {
            #expect(other.show(changed) == other.defaultText)
        }
    }
}

extension ConfigurationKey {
    /// A map is not given as one text.
    var isSetByText: Bool {
        switch shape {
        case .scalar, .list: true
        case .properties, .strategies: false
        }
    }
}

extension ConfigurationKey: CustomTestStringConvertible {
    public var testDescription: String { path }
}
