/// What to start as a host.
package struct HostCommand: Sendable {
    /// A path, or a name to look for in the `PATH` of `environment`.
    package var executable: String
    package var arguments: [String]
    /// All the host sees: nothing is inherited from the node, and only `SWIFT_BACKTRACE=enable=no` is added.
    package var environment: [String: String]
    package var framing: HostFraming
    /// Where the host starts; nil leaves it where the node is.
    package var workingDirectory: String?

    package init(
        executable: String, arguments: [String] = [], environment: [String: String] = [:],
        framing: HostFraming = .lengthPrefixed, workingDirectory: String? = nil
    ) {
        self.executable = executable
        self.arguments = arguments
        self.environment = environment
        self.framing = framing
        self.workingDirectory = workingDirectory
    }
}
