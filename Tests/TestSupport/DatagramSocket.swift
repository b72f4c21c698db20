import Glibc

/// A socket of this machine that a test listens on in place of a service manager; gone when the value is.
package final class DatagramSocket {
    private let descriptor: Int32
    private let folder: TemporaryFolder
    package let path: String

    package init() throws {
        folder = try TemporaryFolder()
        path = folder.file("notify")
        descriptor = socket(AF_UNIX, Int32(SOCK_DGRAM.rawValue) | Int32(SOCK_CLOEXEC.rawValue), 0)
        var address = sockaddr_un()
        address.sun_family = sa_family_t(AF_UNIX)
        let bytes = Array(path.utf8)
        guard bytes.count < MemoryLayout.size(ofValue: address.sun_path) else { throw Failure("\(path) is too long") }
        withUnsafeMutableBytes(of: &address.sun_path) { $0.copyBytes(from: bytes) }
        let isBound = withUnsafeBytes(of: &address) { raw in
            guard let start = raw.baseAddress?.assumingMemoryBound(to: sockaddr.self) else { return false }
            return bind(descriptor, start, socklen_t(raw.count)) == 0
        }
        guard isBound else { throw Failure("cannot listen at \(path): errno \(errno)") }
    }

    deinit { close(descriptor) }

    /// The next datagram's lines; nil where none has come for so long.
    package func receive(withinMs: Int = Patience.milliseconds) -> [String]? {
        var waited = pollfd(fd: descriptor, events: Int16(POLLIN), revents: 0)
        guard poll(&waited, 1, Int32(clamping: withinMs)) > 0 else { return nil }
        var buffer = [UInt8](repeating: 0, count: 4096)
        let count = recv(descriptor, &buffer, buffer.count, 0)
        guard count >= 0 else { return nil }
        return String(decoding: buffer[..<count], as: UTF8.self).split(separator: "\n").map(String.init)
    }

    /// Receives until a line is there.
    /// - Returns: all lines that have come meanwhile.
    package func receive(until line: String) throws -> [String] {
        var all: [String] = []
        while !all.contains(line) {
            guard let more = receive() else { throw Failure("no \(line), but \(all)") }
            all += more
        }
        return all
    }
}
