import Glibc

/// What a host says on its standard error: the lines for the log, bounded, and the last 2 kB for a report.
struct HostDiagnostics {
    static let maximumLines = 100
    static let maximumLineBytes = 4096
    static let tailBytes = 2048

    private var lines: [String] = []
    private var unfinished: [UInt8] = []
    private var droppedLines = 0
    private var recent: [UInt8] = []

    /// The last 2 kB, with what is no UTF-8 replaced.
    var tail: String { String(decoding: recent.suffix(Self.tailBytes), as: UTF8.self) }

    /// Whether the last words are those of a program that was refused memory.
    var namesMemory: Bool { RefusedMemory.isNamed(in: tail) }

    /// One read of whatever is there. Returns false when nothing more can come.
    mutating func receive(from descriptor: Int32) -> Bool {
        unsafe withUnsafeTemporaryAllocation(byteCount: 16 << 10, alignment: 1) { buffer in
            let received = unsafe read(descriptor, buffer.baseAddress, buffer.count)
            guard received > 0 else { return received < 0 && (errno == EAGAIN || errno == EINTR) }
            unsafe append(buffer[..<received])
            return true
        }
    }

    /// Takes the lines that are complete; if there were more than are kept, the last one says how many.
    mutating func drain() -> [String] {
        defer {
            lines = []
            droppedLines = 0
        }
        return droppedLines == 0 ? lines : lines + ["… and \(droppedLines) more lines"]
    }

    /// Takes what is left of an unfinished line too, when nothing more can come.
    mutating func finish() {
        if !unfinished.isEmpty { endLine() }
    }

    private mutating func append(_ bytes: Slice<UnsafeMutableRawBufferPointer>) {
        unsafe recent.append(contentsOf: bytes)
        if recent.count > 2 * Self.tailBytes { recent.removeFirst(recent.count - Self.tailBytes) }
        let pieces = unsafe bytes.split(separator: 0x0A, omittingEmptySubsequences: false)
        for index in unsafe pieces.indices {
            if index > 0 { endLine() }
            unsafe unfinished.append(contentsOf: pieces[index].prefix(Self.maximumLineBytes - unfinished.count))
        }
    }

    private mutating func endLine() {
        if lines.count < Self.maximumLines {
            lines.append(String(decoding: unfinished, as: UTF8.self))
        } else {
            droppedLines += 1
        }
        unfinished.removeAll(keepingCapacity: true)
    }
}

/// What a program says that was refused memory.
package enum RefusedMemory {
    /// In Swift, Python, C++, Node, Rust.
    private static let words = [
        "failed to allocate", "MemoryError", "bad_alloc", "heap out of memory", "memory allocation of",
    ]

    package static func isNamed(in text: String) -> Bool { words.contains { text.contains($0) } }
}
