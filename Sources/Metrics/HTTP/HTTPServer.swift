import CMicroHTTPD
import Glibc
import Synchronization

/// Answers GET and HEAD on one address, on one thread of libmicrohttpd's own. Connections are bounded in number, time
/// and memory, so that nobody who can reach the port can use up the node, and whoever holds connections without a word
/// loses them to those who ask (`ConnectionTable`).
///
/// Safety: `daemon` is set once, before the server is shared, and taken once, by `stop`, under the mutex. The handler
/// context outlives the daemon: `MHD_stop_daemon` returns after the last callback. Nobody else gets the daemon's pointer.
@safe
package final class HTTPServer: @unchecked Sendable {
    package typealias Handler = @Sendable (HTTPRequest) -> HTTPResponse

    package struct Limits: Sendable, Hashable {
        package var connections: UInt32 = 64
        /// A connection that says nothing for so many seconds is closed; one that takes longer for its first headers has
        /// to go when the next comes.
        package var idleSeconds: UInt32 = 5
        /// What one connection may need for its request, in bytes.
        package var connectionMemory: Int = 32 * 1024

        package init() {}
    }

    /// The port it listens on: the one asked for, or the one it got for 0.
    package let port: UInt16

    private let context: Context
    private let daemon: Mutex<OpaquePointer?>

    /// What the C callback is handed.
    final class Context: Sendable {
        let handler: Handler
        let connections: Mutex<ConnectionTable>

        init(_ limits: Limits, handler: @escaping Handler) {
            self.handler = handler
            connections = Mutex(
                ConnectionTable(most: Int(limits.connections), headerTime: .seconds(limits.idleSeconds)))
        }
    }

    /// libmicrohttpd looks at no new connection once it has as many as it may: so it may have more than the table lets
    /// stay, for those that come while others are on their way out.
    private static let leavingConnections: UInt32 = 64

    /// Starts serving.
    /// - Parameters:
    ///   - host: an IP address or a name, as `127.0.0.1`, `::1`, `localhost`, `0.0.0.0`.
    ///   - port: 0 for any free one.
    ///   - handler: called on the server's thread, one request at a time; it must not block for long.
    /// - Throws: `HTTPServerError`, which says what is wrong with the address.
    package init(host: String, port: UInt16, limits: Limits = Limits(), handler: @escaping Handler)
        throws(HTTPServerError)
    {
        let listening = try ListeningSocket.open(host: host, port: port)
        let context = Context(limits, handler: handler)
        guard
            let started = unsafe optimizer_mhd_start(
                listening, limits.connections + Self.leavingConnections, limits.idleSeconds, limits.connectionMemory,
                answerRequest, noteConnection, Unmanaged.passUnretained(context).toOpaque())
        else {
            close(listening)
            throw HTTPServerError(code: .failed, address: "\(host):\(port)", reason: "libmicrohttpd did not start")
        }
        self.port = ListeningSocket.port(of: listening)
        self.context = context
        unsafe daemon = Mutex(started)
    }

    /// Stops listening, closes every connection and ends the thread. May be called twice.
    package func stop() {
        let taken = unsafe daemon.withLock { daemon in
            defer { unsafe daemon = nil }
            return unsafe daemon
        }
        if let taken = unsafe taken { unsafe MHD_stop_daemon(taken) }
    }

    deinit {
        stop()
    }
}
