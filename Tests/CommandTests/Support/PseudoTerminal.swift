import Glibc
import TestSupport

/// A terminal that a program may write to, and the test reads.
final class PseudoTerminal {
    /// What the program opens.
    let path: String
    private let master: Int32
    // Kept open: what was written stays readable when the program has gone.
    private let slave: Int32
    private var bytes: [UInt8] = []

    init() throws {
        master = open("/dev/ptmx", O_RDWR | O_NOCTTY | O_CLOEXEC | O_NONBLOCK)
        // TIOCSPTLCK and TIOCGPTN, which Swift does not import: unlock it, and ask for its number.
        var lock: Int32 = 0
        var number: UInt32 = 0
        guard master >= 0, ioctl(master, 0x4004_5431, &lock) == 0, ioctl(master, 0x8004_5430, &number) == 0 else {
            throw Failure("no terminal: errno \(errno)")
        }
        path = "/dev/pts/\(number)"
        slave = open(path, O_RDWR | O_NOCTTY | O_CLOEXEC)
    }

    /// All that was written so far.
    func text() -> String {
        var chunk = [UInt8](repeating: 0, count: 4096)
        while case let count = read(master, &chunk, chunk.count), count > 0 { bytes += chunk[..<count] }
        return String(decoding: bytes, as: UTF8.self)
    }

    deinit {
        close(slave)
        close(master)
    }
}
