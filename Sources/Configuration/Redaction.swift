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
