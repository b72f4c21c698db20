import Configuration
import Metrics
import Worker

/// Where a command that is no node listens.
enum HTTPListening {
    /// Of `--http`.
    /// - Parameter also: what else may be said, for the sentence that says what would be right.
    static func address(_ text: String, also: String = "") throws(CommandFailure) -> HTTPAddress {
        guard let address = HTTPAddress(text) else {
            throw .usage("--http is \(text), must be an address and a port, such as 127.0.0.1:9465\(also)")
        }
        return address
    }

    /// Starts a server, and says where what is to be seen.
    static func serve(
        _ what: String, at address: HTTPAddress, path: String, handler: @escaping HTTPServer.Handler
    ) throws(CommandFailure) -> HTTPServer {
        do throws(HTTPServerError) {
            let server = try HTTPServer(host: address.host, port: UInt16(address.port), handler: handler)
            Output.words("\(what) at http://\(HTTPAddress(host: address.host, port: Int(server.port)))\(path)")
            return server
        } catch {
            throw CommandFailure(error.description, code: ExitCode.configuration)
        }
    }
}
