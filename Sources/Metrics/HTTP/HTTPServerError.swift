/// Why the HTTP server could not start.
package struct HTTPServerError: Error, Sendable, Hashable, CustomStringConvertible {
    package enum Code: Sendable, Hashable {
        /// The address is no IP address and no name that resolves to one.
        case badAddress
        /// Somebody else listens there.
        case addressInUse
        /// The machine has no such address.
        case addressUnavailable
        /// The port needs a privilege the process does not have.
        case permissionDenied
        /// The system or the library refused otherwise.
        case failed
    }

    package let code: Code
    /// Where it was to listen, as `host:port`.
    package let address: String
    /// What is wrong and what to do about it.
    package let reason: String

    package var description: String { "HTTP server on \(address): \(reason)" }
}
