import CLinux
import Glibc

/// Both ends of a new pipe, closed on exec, never one of the three standard descriptors. Whoever holds it closes them.
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
        // A process that runs without standard descriptors gets their numbers for its pipes; dup2 in a child would
        // then overwrite one end with another.
        for index in ends.indices where ends[index] < 3 {
            let moved = fcntl(ends[index], F_DUPFD_CLOEXEC, 3)
            let error = errno
            guard moved >= 0 else {
                for end in ends { close(end) }
                throw .system(error, "cannot create a pipe")
            }
            close(ends[index])
            ends[index] = moved
        }
        reading = ends[0]
        writing = ends[1]
        _ = fcntl(nonBlocking == .reading ? reading : writing, F_SETFL, O_NONBLOCK)
    }

    func closeBoth() {
        close(reading)
        close(writing)
    }
}
