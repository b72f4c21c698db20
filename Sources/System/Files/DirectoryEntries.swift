import Glibc
import Messages

/// The names in a directory.
package enum DirectoryEntries {
    /// All but those that begin with a dot; none where it cannot be read.
    package static func list(_ path: String) -> [String] { all(path).filter { !$0.hasPrefix(".") } }

    /// All but the directory itself and the one above; none where it cannot be read.
    package static func all(_ path: String) -> [String] {
        guard let directory = unsafe path.withPath({ unsafe opendir($0) }) else { return [] }
        defer { unsafe closedir(directory) }
        var names: [String] = []
        while let entry = unsafe readdir(directory) {
            let name = unsafe withUnsafeBytes(of: &entry.pointee.d_name) { bytes in
                unsafe FileName.text(Array(bytes.prefix { $0 != 0 }))
            }
            if name != ".", name != ".." { names.append(name) }
        }
        return names
    }
}
