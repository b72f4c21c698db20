extension OptimizerConfiguration: CustomStringConvertible, CustomDebugStringConvertible, CustomReflectable {
    /// Every key with its value as it is written in the file, secrets hidden: fit for logs and the status page.
    package var redacted: [(key: String, value: String)] {
        ConfigurationKey.all.map { ($0.path, $0.show(self)) }
    }

    /// One `key: value` a line, secrets hidden.
    package var description: String { redacted.map { "\($0.key): \($0.value)" }.joined(separator: "\n") }
    package var debugDescription: String { description }
    package var customMirror: Mirror { Mirror(self, children: redacted.map { (label: $0.key, value: $0.value) }) }
}

extension OptimizerConfiguration {
    /// The keys whose value is another than there, secrets too: `kafka.client` where one of its properties is.
    package func keys(changedFrom other: OptimizerConfiguration) -> [String] {
        ConfigurationKey.all.filter { key in
            switch key.shape {
            case .properties(let target): self[keyPath: target] != other[keyPath: target]
            case .strategies: strategies != other.strategies
            case .scalar, .list: key.show(self) != key.show(other)
            }
        }.map(\.path)
    }
}
