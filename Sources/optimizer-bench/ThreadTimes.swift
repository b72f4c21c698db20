import Glibc
import System

/// Processor time of this process's threads, by the names they have.
enum ThreadTimes {
    /// Nanoseconds that the threads of these names have had so far.
    static func nanoseconds(of names: Set<String>) -> Double {
        guard let folder = unsafe opendir("/proc/self/task") else { return 0 }
        defer { unsafe closedir(folder) }
        var sum = 0.0
        while let entry = unsafe readdir(folder) {
            let thread = unsafe withUnsafeBytes(of: &entry.pointee.d_name) { bytes in
                unsafe String(decoding: bytes.prefix { $0 != 0 }, as: UTF8.self)
            }
            let name = String(decoding: FileContent.read("/proc/self/task/\(thread)/comm"), as: UTF8.self)
            guard names.contains(String(name.prefix { $0 != "\n" })) else { continue }
            sum += scheduled("/proc/self/task/\(thread)/schedstat")
        }
        return sum
    }

    /// Nanoseconds that all threads of this process have had so far.
    static var ofThisProcess: Double {
        var time = timespec()
        unsafe clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &time)
        return Double(time.tv_sec) * 1e9 + Double(time.tv_nsec)
    }

    /// The first field of schedstat: nanoseconds on a processor.
    static func scheduled(_ path: String) -> Double {
        let text = String(decoding: FileContent.read(path), as: UTF8.self)
        return text.split(separator: " ").first.flatMap { Double($0) } ?? 0
    }
}
