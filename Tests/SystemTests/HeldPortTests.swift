import Glibc
import Testing

@testable import System

@Suite struct HeldPortTests {
    /// - Returns: a socket, and the port that the system has given it.
    private func socketOnAnyPort() throws -> (descriptor: Int32, port: UInt16) {
        let descriptor = socket(AF_INET, Int32(SOCK_STREAM.rawValue) | Int32(SOCK_CLOEXEC.rawValue), 0)
        var address = sockaddr_in()
        var size = socklen_t(MemoryLayout<sockaddr_in>.size)
        address.sin_family = sa_family_t(AF_INET)
        address.sin_addr.s_addr = UInt32(0x7F00_0001).bigEndian
        let isBound = withUnsafeMutablePointer(to: &address) { pointer in
            pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                bind(descriptor, $0, size) == 0 && getsockname(descriptor, $0, &size) == 0
            }
        }
        try #require(isBound)
        return (descriptor, UInt16(bigEndian: address.sin_port))
    }

    private func connect(to port: UInt16) -> Int32 {
        let descriptor = socket(AF_INET, Int32(SOCK_STREAM.rawValue) | Int32(SOCK_CLOEXEC.rawValue), 0)
        defer { close(descriptor) }
        var address = sockaddr_in()
        address.sin_family = sa_family_t(AF_INET)
        address.sin_port = port.bigEndian
        address.sin_addr.s_addr = UInt32(0x7F00_0001).bigEndian
        let result = withUnsafePointer(to: &address) { pointer in
            pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                Glibc.connect(descriptor, $0, socklen_t(MemoryLayout<sockaddr_in>.size))
            }
        }
        return result == 0 ? 0 : errno
    }

    @Test func whoeverHasAPortKeepsIt() throws {
        let (descriptor, port) = try socketOnAnyPort()
        defer { close(descriptor) }
        #expect(HeldPort(port) == nil)
    }

    /// As many clients as there are ports to choose from: one of them would be connected to itself.
    @Test func whoConnectsToAHeldPortIsRefusedHoweverOften() throws {
        let (descriptor, port) = try socketOnAnyPort()
        close(descriptor)
        let held = try #require(HeldPort(port))
        let answers = Set((0..<60_000).map { _ in connect(to: port) })
        #expect(answers == [ECONNREFUSED])
        withExtendedLifetime(held) {}
    }
}
