import Glibc

package enum FreePort {
    /// A port of 127.0.0.1 nobody listens on, for a program that cannot choose one by itself.
    package static func find() throws -> UInt16 {
        let (descriptor, port) = try listen()
        close(descriptor)
        return port
    }

    /// A socket that listens on such a port.
    package static func listen() throws -> (descriptor: Int32, port: UInt16) {
        let descriptor = socket(AF_INET, Int32(SOCK_STREAM.rawValue) | Int32(SOCK_CLOEXEC.rawValue), 0)
        var address = sockaddr_in()
        address.sin_family = sa_family_t(AF_INET)
        address.sin_addr.s_addr = UInt32(0x7f00_0001).bigEndian
        var length = socklen_t(MemoryLayout<sockaddr_in>.size)
        let listens = withUnsafeMutableBytes(of: &address) { bytes in
            guard let start = bytes.baseAddress?.assumingMemoryBound(to: sockaddr.self) else { return false }
            return bind(descriptor, start, length) == 0 && getsockname(descriptor, start, &length) == 0
                && Glibc.listen(descriptor, 16) == 0
        }
        guard listens else {
            close(descriptor)
            throw Failure("no free port")
        }
        return (descriptor, UInt16(bigEndian: address.sin_port))
    }
}
