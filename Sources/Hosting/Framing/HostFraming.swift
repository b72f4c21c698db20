/// How requests and replies are told apart on a host's two pipes.
package enum HostFraming: Sendable {
    /// A little-endian `UInt32` with the payload's length in bytes, then the payload.
    case lengthPrefixed
    /// One line each, ended by a line feed. Line breaks in a request become spaces: in JSON they can only stand
    /// between tokens.
    case lines

    /// The largest payload in bytes; a host that announces or sends more is babbling.
    package static let maximumPayload = 8 << 20
}
