/// What /proc says of other processes.
package enum ProcessFiles {
    /// The children of all threads of a process.
    package static func children(of process: Int32) -> [Int32] { children("/proc/\(process)/task") }

    /// The children of all threads of this process.
    package static func ownChildren() -> [Int32] { children("/proc/self/task") }

    /// All that descend from the process, at most a thousand.
    package static func descendants(of pid: Int32) -> [Int32] {
        var found: [Int32] = []
        var open = [pid]
        while let next = open.popLast(), found.count < 1000 {
            let children = children(of: next)
            found += children
            open += children
        }
        return found
    }

    private static func children(_ tasks: String) -> [Int32] {
        DirectoryEntries.list(tasks).flatMap { thread in
            numbers(FileContent.read("\(tasks)/\(thread)/children"))
        }
    }

    /// What /proc/PID/stat says behind the program's name, which stands in parentheses and may hold anything: the first
    /// is the state, field 3 of proc(5). Empty where the process is gone.
    /// - Parameter process: its number, or `self`.
    package static func stat(of process: String) -> [Substring] {
        let text = FileContent.text("/proc/\(process)/stat")
        guard let end = text.lastIndex(of: ")") else { return [] }
        return text[text.index(after: end)...].split(separator: " ")
    }

    /// The numbers in a text of numbers and white space.
    package static func numbers(_ text: [UInt8]) -> [Int32] {
        text.split { $0 == 0x20 || $0 == 0x0A }.compactMap { Int32(String(decoding: $0, as: UTF8.self)) }
    }
}
