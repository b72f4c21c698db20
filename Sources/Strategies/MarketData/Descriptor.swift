import Glibc
import Messages

/// A file descriptor that is closed when it is dropped.
struct Descriptor: ~Copyable {
    let number: Int32

    /// Takes over what a call returned; nil when that was an error.
    init?(_ number: Int32) {
        guard number >= 0 else { return nil }
        self.number = number
    }

    deinit { close(number) }

    /// Opens a directory by path; the path itself may lead over links (the data root is the operator's choice).
    static func directory(_ path: String) -> Descriptor? {
        Descriptor(unsafe path.withPath { unsafe open($0, O_RDONLY | O_DIRECTORY | O_CLOEXEC) })
    }

    /// Opens a directory inside this one, never through a link.
    borrowing func directory(_ name: String) -> Descriptor? {
        unsafe Descriptor(openat(number, name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC))
    }

    /// Opens a file inside this directory for reading, never through a link.
    borrowing func file(_ name: String) -> Descriptor? {
        // Without O_NONBLOCK a named pipe put in a file's place would hold the host until its deadline.
        unsafe Descriptor(openat(number, name, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC))
    }

    /// The first bytes of the file, at most so many.
    borrowing func read(atMost count: Int) -> [UInt8] {
        unsafe [UInt8](unsafeUninitializedCapacity: count) { buffer, filled in
            while filled < count {
                let got = unsafe Glibc.read(number, buffer.baseAddress.map { unsafe $0 + filled }, count - filled)
                if got > 0 { filled += got } else if got == 0 || errno != EINTR { break }
            }
        }
    }
}
