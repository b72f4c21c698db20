import Glibc

/// Opens the socket the server listens on. Not left to libmicrohttpd, which does not say why it could not.
enum ListeningSocket {
    /// - Throws: `HTTPServerError`
    static func open(host: String, port: UInt16) throws(HTTPServerError) -> Int32 {
        let address = host.contains(":") ? "[\(host)]:\(port)" : "\(host):\(port)"
        var hints = unsafe addrinfo()
        unsafe hints.ai_socktype = Int32(SOCK_STREAM.rawValue)
        unsafe hints.ai_flags = AI_PASSIVE | AI_NUMERICSERV
        var list: UnsafeMutablePointer<addrinfo>?
        let outcome = unsafe getaddrinfo(host, String(port), &hints, &list)
        guard outcome == 0, let first = unsafe list else {
            let why = unsafe String(cString: gai_strerror(outcome))
            throw HTTPServerError(code: .badAddress, address: address, reason: "\(why); give an IP address")
        }
        defer { unsafe freeaddrinfo(list) }
        let descriptor = unsafe socket(
            first.pointee.ai_family, Int32(SOCK_STREAM.rawValue) | Int32(SOCK_CLOEXEC.rawValue), 0)
        guard descriptor >= 0 else { throw failure(errno, address) }
        var on: Int32 = 1
        unsafe setsockopt(descriptor, SOL_SOCKET, SO_REUSEADDR, &on, socklen_t(MemoryLayout<Int32>.size))
        guard unsafe bind(descriptor, first.pointee.ai_addr, first.pointee.ai_addrlen) == 0,
            listen(descriptor, SOMAXCONN) == 0
        else {
            let code = errno
            close(descriptor)
            throw failure(code, address)
        }
        return descriptor
    }

    /// The port a listening socket has.
    static func port(of descriptor: Int32) -> UInt16 {
        var storage = sockaddr_storage()
        var length = socklen_t(MemoryLayout<sockaddr_storage>.size)
        let known = unsafe withUnsafeMutableBytes(of: &storage) { bytes in
            unsafe getsockname(descriptor, bytes.baseAddress?.assumingMemoryBound(to: sockaddr.self), &length) == 0
        }
        guard known else { return 0 }
        // The port stands at the same place in sockaddr_in and sockaddr_in6.
        return unsafe withUnsafeBytes(of: &storage) {
            unsafe UInt16(bigEndian: $0.load(fromByteOffset: 2, as: UInt16.self))
        }
    }

    private static func failure(_ code: Int32, _ address: String) -> HTTPServerError {
        let (kind, reason): (HTTPServerError.Code, String) =
            switch code {
            case EADDRINUSE: (.addressInUse, "the address is in use; stop what listens there or choose another port")
            case EADDRNOTAVAIL: (.addressUnavailable, "this machine has no such address")
            case EACCES: (.permissionDenied, "the port needs a privilege; choose one from 1024 up")
            default: unsafe (.failed, String(cString: strerror(code)))
            }
        return HTTPServerError(code: kind, address: address, reason: reason)
    }
}
