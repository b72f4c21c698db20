import TestSupport
import Worker

/// A page of a node's HTTP server.
enum HTTPGet {
    static func text(_ node: TestNode, _ path: String) throws -> String {
        try HTTPClient.get(path, port: port(of: node)).text
    }

    /// Where the node listens, once it does.
    static func port(of node: TestNode) throws -> UInt16 {
        try eventually("the node's HTTP server listens") { node.node.httpPort != nil }
        guard let port = node.node.httpPort else { throw Failure("no HTTP server") }
        return port
    }
}
