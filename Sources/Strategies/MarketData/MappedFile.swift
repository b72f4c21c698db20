import Glibc

/// A file mapped read-only and shared: all hosts on a machine use the same pages.
///
/// Safety: the mapping is made in `init` and removed in `deinit`, the bytes are never written. Column files are never
/// changed once they have their name, so the pages cannot vanish under a reader.
@safe
final class MappedFile {
    let bytes: UnsafeRawBufferPointer

    /// - Parameter descriptor: a regular file's; it may be closed afterwards.
    init?(descriptor: Int32) {
        var status = stat()
        guard unsafe fstat(descriptor, &status) == 0, status.st_mode & S_IFMT == S_IFREG, status.st_size > 0,
            let start = unsafe mmap(nil, Int(status.st_size), PROT_READ, MAP_SHARED, descriptor, 0),
            unsafe start != MAP_FAILED
        else { return nil }
        unsafe bytes = UnsafeRawBufferPointer(start: start, count: Int(status.st_size))
    }

    deinit { unsafe munmap(UnsafeMutableRawPointer(mutating: bytes.baseAddress), bytes.count) }
}
