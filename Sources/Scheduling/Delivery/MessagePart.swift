/// What a message is for a request, which says when the request is done.
package enum MessagePart: UInt64, Sendable {
    /// The only message: done when it is acknowledged.
    case result
    /// The result of a request that has a dead letter too: done when both are acknowledged.
    case resultOfTwo
    case deadLetter
}
