import Glibc

/// Files of the kernel's that are read again and again, or written with one call.
package enum KernelFile {
    /// Opens one to read it; negative where that cannot be. Whoever has the descriptor closes it.
    package static func open(_ path: String) -> Int32 { unsafe Glibc.open(path, O_RDONLY | O_CLOEXEC) }

    /// What an open file says now, at most 4 kB; empty when it cannot be read.
    package static func read(_ descriptor: Int32) -> [UInt8] {
        guard descriptor >= 0 else { return [] }
        return unsafe [UInt8](unsafeUninitializedCapacity: 4096) { buffer, count in
            count = unsafe max(0, pread(descriptor, buffer.baseAddress, buffer.count, 0))
        }
    }

    /// - Returns: whether the kernel took it.
    package static func write(_ text: String, to path: String) -> Bool {
        let descriptor = unsafe Glibc.open(path, O_WRONLY | O_CLOEXEC)
        guard descriptor >= 0 else { return false }
        defer { close(descriptor) }
        let bytes = Array(text.utf8)
        return unsafe Glibc.write(descriptor, bytes, bytes.count) == bytes.count
    }
}
