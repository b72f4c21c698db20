import Glibc

/// What /proc says of other processes.
enum ProcessFiles {
    /// The children of all threads of a process.
    static func children(of process: Int32) -> [Int32] { children("/proc/\(process)/task") }

    /// The children of all threads of this process.
    static func ownChildren() -> [Int32] { children("/proc/self/task") }

    private static func children(_ tasks: String) -> [Int32] {
        DirectoryEntries.list(tasks).flatMap { thread in
            numbers(FileContent.read("\(tasks)/\(thread)/children"))
        }
    }

    /// The numbers in a text of numbers and white space.
    static func numbers(_ text: [UInt8]) -> [Int32] {
        text.split { $0 == 0x20 || $0 == 0x0A }.compactMap { Int32(String(decoding: $0, as: UTF8.self)) }
    }
}

/// The names in a directory.
enum DirectoryEntries {
    /// All but those that begin with a dot; none where it cannot be read.
    static func list(_ path: String) -> [String] { all(path).filter { !$0.hasPrefix(".") } }

    /// All but the directory itself and the one above; none where it cannot be read.
    static func all(_ path: String) -> [String] {
        guard let directory = opendir(path) else { return [] }
        defer { closedir(directory) }
        var names: [String] = []
        while let entry = readdir(directory) {
            let name = withUnsafeBytes(of: &entry.pointee.d_name) { bytes in
                String(decoding: bytes.prefix { $0 != 0 }, as: UTF8.self)
            }
            if name != ".", name != ".." { names.append(name) }
        }
        return names
    }
}
