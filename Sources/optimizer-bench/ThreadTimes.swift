import System

/// Processor time of this process's threads, by the names they have.
enum ThreadTimes {
    /// Nanoseconds that the threads of these names have had so far.
    static func nanoseconds(of names: Set<String>) -> Double {
        DirectoryEntries.list("/proc/self/task").reduce(0) { sum, thread in
            let name = FileContent.text("/proc/self/task/\(thread)/comm").prefix { $0 != "\n" }
            return names.contains(String(name)) ? sum + scheduled("/proc/self/task/\(thread)/schedstat") : sum
        }
    }

    /// Nanoseconds that all threads of this process have had so far.
    static var ofThisProcess: Double { Double(ProcessMeter.ownCPUNanoseconds) }

    /// Nanoseconds on a processor.
    static func scheduled(_ path: String) -> Double {
        RunTimes(schedstat: FileContent.read(path)).map { Double($0.onProcessor) } ?? 0
    }
}
