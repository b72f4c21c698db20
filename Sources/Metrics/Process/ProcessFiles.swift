import Glibc

/// Small files and directories of /proc.
enum ProcessFiles {
    /// The content of a file, at most 64 KiB of it; nil where it cannot be read.
    static func text(of path: String) -> String? {
        let descriptor = open(path, O_RDONLY | O_CLOEXEC)
        guard descriptor >= 0 else { return nil }
        defer { close(descriptor) }
        var bytes: [UInt8] = []
        var chunk = [UInt8](repeating: 0, count: 8192)
        while bytes.count < 65536 {
            let count = read(descriptor, &chunk, chunk.count)
            guard count > 0 else { break }
            bytes += chunk[..<count]
        }
        return String(decoding: bytes, as: UTF8.self)
    }

    /// The blank-separated numbers in a file; empty where it cannot be read.
    static func numbers(in path: String) -> [Double] {
        (text(of: path) ?? "").split { $0 == " " || $0 == "\n" }.compactMap { Double($0) }
    }

    /// How many entries a directory has, without the descriptor this needs to look.
    static func entryCount(of path: String) -> Int? {
        guard let directory = opendir(path) else { return nil }
        defer { closedir(directory) }
        var count = 0
        while let entry = readdir(directory) {
            let first = entry.pointee.d_name.0
            if first != CChar(UInt8(ascii: ".")) { count += 1 }
        }
        return count - 1
    }
}
