import Glibc

/// The names in a directory.
package enum DirectoryEntries {
    /// All but those that begin with a dot; none where it cannot be read.
    package static func list(_ path: String) -> [String] { all(path).filter { !$0.hasPrefix(".") } }

    /// All but the directory itself and the one above; none where it cannot be read.
    package static func all(_ path: String) -> [String] {
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
