import Glibc
import Worker

/// A page of a node's HTTP server.
enum HTTPGet {
    static func text(_ node: TestNode, _ path: String) throws -> String {
        try eventually(seconds: 30, "the node's HTTP server listens") { node.node.httpPort != nil }
        let socket = socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
        guard socket >= 0, let port = node.node.httpPort else { throw Failure("no socket") }
        defer { close(socket) }
        var address = sockaddr_in()
        address.sin_family = sa_family_t(AF_INET)
        address.sin_port = port.bigEndian
        address.sin_addr.s_addr = inet_addr("127.0.0.1")
        let size = socklen_t(MemoryLayout<sockaddr_in>.size)
        let connected = withUnsafePointer(to: &address) { pointer in
            pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) { connect(socket, $0, size) }
        }
        guard connected == 0 else { throw Failure("no connection: errno \(errno)") }
        // An HTTP/1.0 answer ends with its connection.
        let request = Array("GET \(path) HTTP/1.0\r\nHost: localhost\r\n\r\n".utf8)
        guard send(socket, request, request.count, Int32(MSG_NOSIGNAL)) == request.count else {
            throw Failure("not sent: errno \(errno)")
        }
        var answer: [UInt8] = []
        var part = [UInt8](repeating: 0, count: 65536)
        while true {
            let count = recv(socket, &part, part.count, 0)
            guard count > 0 else { break }
            answer += part[..<count]
        }
        let text = String(decoding: answer, as: UTF8.self)
        guard text.utf8.starts(with: "HTTP/1.".utf8), let end = text.firstRange(of: "\r\n\r\n") else {
            throw Failure("no HTTP answer: \(text.prefix(200))")
        }
        return String(text[end.upperBound...])
    }
}
