import Glibc
import System
import TestSupport

/// As much of a ZooKeeper as Burrow needs to begin: a session, and a root node that can be made. What else it asks for,
/// a lock for notifiers it has none of, gets no answer.
final class ZooKeeperStandIn: Sendable {
    let port: UInt16
    private let socket: Int32
    private let thread: PermanentThread

    init() throws {
        let (socket, port) = try FreePort.listen()
        (self.socket, self.port) = (socket, port)
        thread = try PermanentThread(name: "zookeeper") {
            while true {
                let client = accept(socket, nil, nil)
                guard client >= 0 else { return }
                Self.serve(client)
                close(client)
            }
        }
    }

    /// Its client is gone by now.
    func stop() {
        shutdown(socket, Int32(SHUT_RDWR))
        thread.join()
        close(socket)
    }

    private static func serve(_ client: Int32) {
        guard let hello = frame(client), hello.count >= 16 else { return }
        // Protocol version, the timeout asked for, a session's number, and a password of 16 bytes.
        let session = number(1, bytes: 8) + number(16, bytes: 4) + [UInt8](repeating: 0, count: 16)
        send(client, [0, 0, 0, 0] + hello[12..<16] + session)
        var hasRoot = false
        while let request = frame(client), request.count >= 8 {
            let header = request[..<4] + number(1, bytes: 8) + number(0, bytes: 4)
            switch request[7] {
            case 1 where !hasRoot:
                hasRoot = true
                let length = request[8..<12].reduce(0) { $0 << 8 | Int($1) }
                send(client, Array(header) + request[8..<min(12 + length, request.count)])
            case 11: send(client, Array(header))
            default: continue
            }
        }
    }

    private static func number(_ value: Int, bytes: Int) -> [UInt8] {
        (0..<bytes).map { UInt8(truncatingIfNeeded: value >> (8 * (bytes - 1 - $0))) }
    }

    private static func send(_ client: Int32, _ bytes: [UInt8]) {
        let framed = number(bytes.count, bytes: 4) + bytes
        _ = Glibc.send(client, framed, framed.count, Int32(MSG_NOSIGNAL))
    }

    private static func frame(_ client: Int32) -> [UInt8]? {
        guard let head = read(client, count: 4) else { return nil }
        let length = head.reduce(0) { $0 << 8 | Int($1) }
        guard length < 1 << 20 else { return nil }
        return read(client, count: length)
    }

    private static func read(_ client: Int32, count: Int) -> [UInt8]? {
        var bytes = [UInt8](repeating: 0, count: count)
        return recv(client, &bytes, count, Int32(MSG_WAITALL)) == count ? bytes : nil
    }
}
