import Glibc
import Messages

/// Puts a column file under the data root so that a reader sees either nothing or all of it.
///
/// Temporary file, fsync, rename, fsync of the directory; then the same for the pointer to the newest version. A
/// published file is never written to: a host may have it mapped.
enum DataSetWriter {
    /// - Returns: the version's digest.
    static func publish(_ file: [UInt8], as name: DataSetName, under root: String) throws(ImportProblem) -> String {
        let digest = SHA256.hex(of: file)
        try makeDirectories(root)
        guard let top = Descriptor.directory(root) else { throw failed("open", root) }
        let dataset = try directory(name.dataset, in: top)
        let folder = try directory(name.timeframe, in: dataset)
        try write(file, as: DataSetFiles.file(digest), in: folder)
        try write(Array((digest + "\n").utf8), as: DataSetFiles.latest, in: folder)
        return digest
    }

    private static func makeDirectories(_ path: String) throws(ImportProblem) {
        var made = path.hasPrefix("/") ? "/" : ""
        for part in path.split(separator: "/") {
            made += part + "/"
            guard unsafe made.withPath({ unsafe mkdir($0, 0o755) }) == 0 || errno == EEXIST || errno == EROFS else {
                throw failed("make the directory", made)
            }
        }
    }

    private static func directory(_ name: String, in parent: borrowing Descriptor) throws(ImportProblem) -> Descriptor {
        guard unsafe mkdirat(parent.number, name, 0o755) == 0 || errno == EEXIST else {
            throw failed("make the directory", name)
        }
        guard let folder = parent.directory(name) else { throw failed("open the directory", name) }
        return folder
    }

    private static func write(
        _ bytes: [UInt8], as name: String, in folder: borrowing Descriptor
    ) throws(ImportProblem) {
        // Hidden, and so no valid name of a data set; the process makes it its own.
        let temporary = ".\(name).\(getpid())"
        unsafe unlinkat(folder.number, temporary, 0)
        do throws(ImportProblem) {
            try fill(temporary, with: bytes, in: folder)
            guard unsafe renameat(folder.number, temporary, folder.number, name) == 0, fsync(folder.number) == 0 else {
                throw failed("publish", name)
            }
        } catch {
            unsafe unlinkat(folder.number, temporary, 0)
            throw error
        }
    }

    private static func fill(
        _ name: String, with bytes: [UInt8], in folder: borrowing Descriptor
    ) throws(ImportProblem) {
        let flags = O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC
        guard let file = unsafe Descriptor(openat(folder.number, name, flags, 0o644)) else {
            throw failed("create", name)
        }
        var written = 0
        while written < bytes.count {
            let count = unsafe bytes.withUnsafeBytes { buffer in
                unsafe Glibc.write(file.number, buffer.baseAddress.map { unsafe $0 + written }, bytes.count - written)
            }
            if count > 0 { written += count } else if errno != EINTR { throw failed("write", name) }
        }
        guard fsync(file.number) == 0 else { throw failed("write", name) }
    }

    private static func failed(_ what: String, _ name: String) -> ImportProblem {
        ImportProblem(unsafe "cannot \(what) \(name): \(String(cString: strerror(errno)))", isOfDataRoot: true)
    }
}
