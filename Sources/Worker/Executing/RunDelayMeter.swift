import Glibc

/// How long the main threads of hosts waited for a processor, and how long they had one. One slot reads it after each
/// step: a descriptor that is kept open makes that a microsecond or two.
struct RunDelayMeter: ~Copyable {
    /// Of one step.
    struct Reading: Sendable {
        let onProcessorNanoseconds: Int64
        let waitingNanoseconds: Int64
    }

    private var pid: Int32 = -1
    private var descriptor: Int32 = -1
    private var last: Reading?

    deinit { if descriptor >= 0 { close(descriptor) } }

    /// Before a step on this host.
    mutating func begin(_ host: Int32) {
        guard host != pid else { return }
        if descriptor >= 0 { close(descriptor) }
        pid = host
        descriptor = unsafe open("/proc/\(host)/schedstat", O_RDONLY | O_CLOEXEC)
        last = read()
    }

    /// After a step: what it came to; nil where the host is gone or the kernel keeps no such figures.
    mutating func end() -> Reading? {
        guard let now = read() else { return nil }
        defer { last = now }
        return last.map { last in
            Reading(
                onProcessorNanoseconds: max(0, now.onProcessorNanoseconds - last.onProcessorNanoseconds),
                waitingNanoseconds: max(0, now.waitingNanoseconds - last.waitingNanoseconds))
        }
    }

    /// `ON-PROCESSOR WAITING SLICES`, in nanoseconds since the process began.
    private func read() -> Reading? {
        guard descriptor >= 0 else { return nil }
        var bytes = [UInt8](repeating: 0, count: 64)
        let count = unsafe pread(descriptor, &bytes, bytes.count, 0)
        guard count > 0 else { return nil }
        let words = String(decoding: bytes[..<count], as: UTF8.self).split(separator: " ").compactMap { Int64($0) }
        return words.count < 2 ? nil : Reading(onProcessorNanoseconds: words[0], waitingNanoseconds: words[1])
    }
}
