/// How long a process or a thread has had a processor, and how long it waited for one, in nanoseconds since it began.
package struct RunTimes: Sendable {
    package let onProcessor: Int64
    package let waiting: Int64

    /// - Parameter content: of a `schedstat` in /proc: `ON-PROCESSOR WAITING SLICES`. nil where it is not that: the
    ///   process is gone, or the kernel keeps no such figures.
    package init?(schedstat content: [UInt8]) {
        let words = String(decoding: content, as: UTF8.self).split(separator: " ").compactMap { Int64($0) }
        guard words.count >= 2 else { return nil }
        (onProcessor, waiting) = (words[0], words[1])
    }
}
