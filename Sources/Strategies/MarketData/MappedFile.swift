import Glibc

/// A file mapped read-only and shared: all hosts on a machine use the same pages.
///
/// Safety: the mapping is made in `init` and removed in `deinit`, the bytes are never written. Column files are never
/// changed once they have their name, so the pages cannot vanish under a reader.
final class MappedFile {
    let bytes: UnsafeRawBufferPointer

    /// - Parameter descriptor: a regular file's; it may be closed afterwards.
    init?(descriptor: Int32) {
        var status = stat()
        guard fstat(descriptor, &status) == 0, status.st_mode & S_IFMT == S_IFREG, status.st_size > 0,
            let start = mmap(nil, Int(status.st_size), PROT_READ, MAP_SHARED, descriptor, 0), start != MAP_FAILED
        else { return nil }
        bytes = UnsafeRawBufferPointer(start: start, count: Int(status.st_size))
    }

    deinit { munmap(UnsafeMutableRawPointer(mutating: bytes.baseAddress), bytes.count) }
}
