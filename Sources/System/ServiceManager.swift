import Glibc

/// The service manager that has started this process and wants to hear how it is: systemd, with `Type=notify`. Each
/// word is part of one datagram, which is sent or not; nothing is waited for.
package final class ServiceManager: Sendable {
    /// A process that has not said for so long that it is well is killed; nil where nobody watches.
    package let watchdogMs: Int?

    private let descriptor: Int32
    /// A `sockaddr_un`, as long as it is used.
    private let address: [UInt8]

    /// - Parameters:
    ///   - environment: in which the service manager says where it listens (`NOTIFY_SOCKET`), and whether it watches
    ///     (`WATCHDOG_USEC`, and `WATCHDOG_PID` where that is for one process only).
    ///   - process: this one.
    /// - Returns: nil where nobody wants to hear anything, or by another way than a socket of this machine.
    package init?(environment: [String: String], process: Int32 = getpid()) {
        guard let place = environment["NOTIFY_SOCKET"], let address = Self.address(of: place) else { return nil }
        let kind =
            Int32(SOCK_DGRAM.rawValue) | Int32(SOCK_CLOEXEC.rawValue) | Int32(SOCK_NONBLOCK.rawValue)
        descriptor = socket(AF_UNIX, kind, 0)
        guard descriptor >= 0 else { return nil }
        self.address = address
        let isForAnother = environment["WATCHDOG_PID"].map { Int32($0) != process } ?? false
        let microseconds = environment["WATCHDOG_USEC"].flatMap { Int($0) } ?? 0
        watchdogMs = isForAnother || microseconds <= 0 ? nil : max(1, microseconds / 1000)
    }

    deinit { close(descriptor) }

    /// - Parameter words: such as `READY=1`; without line breaks.
    /// - Returns: false where they could not be sent now: the service manager starts anew, or is behind.
    package func tell(_ words: [String]) -> Bool {
        let text = Array(words.joined(separator: "\n").utf8)
        return unsafe address.withUnsafeBytes { bytes in
            guard let start = unsafe bytes.baseAddress?.assumingMemoryBound(to: sockaddr.self) else { return false }
            return unsafe sendto(
                descriptor, text, text.count, Int32(MSG_NOSIGNAL), start, socklen_t(bytes.count)) == text.count
        }
    }

    /// A path, which ends with a 0, or a name beginning with `@`, which stands for one.
    private static func address(of place: String) -> [UInt8]? {
        var path = Array(place.utf8)
        switch path.first {
        case UInt8(ascii: "/"): path.append(0)
        case UInt8(ascii: "@"): path[0] = 0
        default: return nil
        }
        guard path.count > 1, path.count <= 108 else { return nil }
        return unsafe withUnsafeBytes(of: sa_family_t(AF_UNIX)) { unsafe Array($0) } + path
    }
}
