import Glibc
import Messages

/// Small files, as the kernel shows them under /proc and /sys.
package enum FileContent {
    /// The same as text.
    package static func text(_ path: String) -> String { String(decoding: read(path), as: UTF8.self) }

    /// What a small file holds; empty when it cannot be read.
    package static func read(_ path: String) -> [UInt8] {
        let descriptor = unsafe path.withPath { unsafe open($0, O_RDONLY | O_CLOEXEC) }
        guard descriptor >= 0 else { return [] }
        defer { close(descriptor) }
        var content: [UInt8] = []
        while true {
            let received = unsafe withUnsafeTemporaryAllocation(byteCount: 4096, alignment: 1) { buffer in
                let received = unsafe Glibc.read(descriptor, buffer.baseAddress, buffer.count)
                if received > 0 { unsafe content.append(contentsOf: buffer[..<received]) }
                return received
            }
            guard received > 0 else { return content }
        }
    }
}
