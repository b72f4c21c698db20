import Glibc
package import Scheduling

/// One blocking HTTP/1.1 GET, for asking a node on this machine how it is.
package enum LocalHTTP {
    package struct Answer: Sendable, Equatable {
        package let status: Int
        package let body: [UInt8]
    }

    package struct Failure: Error, Sendable, CustomStringConvertible {
        package let description: String
    }

    /// A health answer is a line; more than this is something else.
    private static let largestAnswer = 1 << 20

    /// Blocks until the answer is complete, at most until `until`.
    ///
    /// - Parameter host: an address in figures or a name; without brackets.
    /// - Throws: `Failure` where nobody listens, nobody answers in time, or what comes is no HTTP.
    package static func get(
        host: String, port: Int, path: String, until: MonotonicTime
    ) throws(Failure) -> Answer {
        let descriptor = try connect(host, port, until)
        defer { close(descriptor) }
        let name = host.contains(":") ? "[\(host)]" : host
        let request = "GET \(path) HTTP/1.1\r\nHost: \(name):\(port)\r\nConnection: close\r\nAccept: */*\r\n\r\n"
        let bytes = Array(request.utf8)
        guard unsafe send(descriptor, bytes, bytes.count, Int32(MSG_NOSIGNAL)) == bytes.count else {
            throw Failure(description: "the connection was closed: \(describe(errno: errno))")
        }
        return try parse(try readAll(descriptor, until))
    }

    private static func connect(_ host: String, _ port: Int, _ until: MonotonicTime) throws(Failure) -> Int32 {
        var hints = unsafe addrinfo()
        unsafe hints.ai_socktype = Int32(SOCK_STREAM.rawValue)
        var list: UnsafeMutablePointer<addrinfo>?
        let code = unsafe getaddrinfo(host, String(port), &hints, &list)
        guard code == 0 else {
            throw Failure(description: unsafe "there is no host \(host): \(String(cString: gai_strerror(code)))")
        }
        defer { unsafe freeaddrinfo(list) }
        var error = ECONNREFUSED
        var next = unsafe list
        while let address = unsafe next?.pointee {
            unsafe next = address.ai_next
            let descriptor = unsafe socket(
                address.ai_family, address.ai_socktype | Int32(SOCK_CLOEXEC.rawValue), address.ai_protocol)
            guard descriptor >= 0 else {
                error = errno
                continue
            }
            // On Linux the time-out for sending is that of connect, too.
            var patience = timeval(until)
            unsafe setsockopt(descriptor, SOL_SOCKET, SO_SNDTIMEO, &patience, socklen_t(MemoryLayout<timeval>.size))
            if unsafe Glibc.connect(descriptor, address.ai_addr, address.ai_addrlen) == 0 { return descriptor }
            error = errno
            close(descriptor)
        }
        throw Failure(description: describe(errno: error))
    }

    private static func readAll(_ descriptor: Int32, _ until: MonotonicTime) throws(Failure) -> [UInt8] {
        var answer: [UInt8] = []
        var chunk = [UInt8](repeating: 0, count: 4096)
        while answer.count < largestAnswer {
            guard waitReadable(descriptor, until: until) else {
                throw Failure(description: "the connection stands, and no answer came in time")
            }
            let count = unsafe recv(descriptor, &chunk, chunk.count, 0)
            if count > 0 { answer += chunk[..<count] } else if count == 0 || errno != EINTR { break }
        }
        return answer
    }

    private static func parse(_ bytes: [UInt8]) throws(Failure) -> Answer {
        let line = String(decoding: bytes.prefix { $0 != 0x0D && $0 != 0x0A }, as: UTF8.self)
        let words = line.split(separator: " ")
        guard line.hasPrefix("HTTP/1."), words.count > 1, let status = Int(words[1]) else {
            throw Failure(description: bytes.isEmpty ? "an empty answer" : "what answers does not speak HTTP")
        }
        let blank: [UInt8] = [0x0D, 0x0A, 0x0D, 0x0A]
        let end = bytes.indices.first { bytes[$0...].starts(with: blank) } ?? bytes.endIndex
        return Answer(status: status, body: Array(bytes[end...].dropFirst(blank.count)))
    }
}

extension timeval {
    /// What is left until then; at least a millisecond, since none would be without end.
    fileprivate init(_ until: MonotonicTime) {
        let left = max(1_000_000, until.nanosecondsLeft())
        self.init(tv_sec: Int(left / 1_000_000_000), tv_usec: Int(left % 1_000_000_000 / 1000))
    }
}
