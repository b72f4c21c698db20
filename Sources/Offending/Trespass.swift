import Glibc
import System

/// Offences that reach for what is not the host's.
enum Trespass {
    static func connect() -> String {
        let descriptor = socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
        guard descriptor >= 0 else { return refusal }
        defer { close(descriptor) }
        var address = sockaddr_in()
        address.sin_family = sa_family_t(AF_INET)
        address.sin_port = UInt16(9).bigEndian
        address.sin_addr.s_addr = UInt32(0x7F00_0001).bigEndian
        let result = unsafe withUnsafePointer(to: &address) { pointer in
            unsafe pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                unsafe Glibc.connect(descriptor, $0, socklen_t(MemoryLayout<sockaddr_in>.size))
            }
        }
        // Nobody listens there: to be told so by the network is to have reached it.
        return result == 0 || errno == ECONNREFUSED ? "done" : refusal
    }

    static func create(_ path: String) -> String {
        let descriptor = unsafe open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0o600)
        guard descriptor >= 0 else { return refusal }
        close(descriptor)
        unsafe unlink(path)
        return "done"
    }

    static func read(_ path: String) -> String {
        let descriptor = unsafe open(path, O_RDONLY | O_CLOEXEC)
        guard descriptor >= 0 else { return refusal }
        defer { close(descriptor) }
        var byte: UInt8 = 0
        return unsafe Glibc.read(descriptor, &byte, 1) >= 0 ? "done" : refusal
    }

    /// Asks whether a signal would be let through, without sending any.
    static func signal(_ process: Int32) -> String { kill(process, 0) == 0 ? "done" : refusal }

    /// Ends the node and the group it is in, if that is not refused, and then the host's own group.
    static func killNode() -> String {
        let node = getppid()
        for target in [node, -getpgid(node), -1] where kill(target, 0) == 0 { return "done: \(target) can be reached" }
        for target in [node, -getpgid(node), -1] { kill(target, SIGKILL) }
        kill(0, SIGKILL)
        return "refused: not even its own group"
    }

    static func readMemory(_ process: Int32) -> String {
        let memory = unsafe open("/proc/\(process)/mem", O_RDONLY | O_CLOEXEC)
        guard memory >= 0 else { return refusal }
        close(memory)
        return "done"
    }

    static func gainPrivileges() -> String {
        let status = FileContent.text("/proc/self/status")
        let lines = status.split(separator: "\n")
        let cannotGain = lines.contains { $0.hasPrefix("NoNewPrivs:") && $0.hasSuffix("1") }
        let hasNone = lines.contains { line in
            line.hasPrefix("CapEff:") && line.drop { $0 != "0" }.allSatisfy { $0 == "0" }
        }
        return cannotGain && hasNone ? "refused: it has no capabilities and cannot gain any" : "done"
    }

    static var refusal: String { "refused: \(describe(errno: errno))" }
}
