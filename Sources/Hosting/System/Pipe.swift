import CLinux
import Glibc

/// Both ends of a new pipe, closed on exec. Whoever holds it closes them.
struct Pipe {
    enum End {
        case reading
        case writing
    }

    let reading: Int32
    let writing: Int32

    /// - Parameter nonBlocking: the end that never blocks: the one this process keeps.
    init(nonBlocking: End) throws(HostFailure) {
        var ends: [Int32] = [-1, -1]
        guard pipe2(&ends, O_CLOEXEC) == 0 else { throw .system(errno, "cannot create a pipe") }
        reading = ends[0]
        writing = ends[1]
        _ = fcntl(nonBlocking == .reading ? reading : writing, F_SETFL, O_NONBLOCK)
    }

    func closeBoth() {
        close(reading)
        close(writing)
    }
}
