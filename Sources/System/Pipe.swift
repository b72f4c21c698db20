import CLinux
import Glibc

/// Both ends of a new pipe, closed on exec. Whoever holds it closes them.
package struct Pipe {
    package enum End {
        case reading
        case writing
    }

    package let reading: Int32
    package let writing: Int32

    /// - Parameter nonBlocking: the end that never blocks: the one this process keeps.
    package init(nonBlocking: End) throws(SystemFailure) {
        var ends: [Int32] = [-1, -1]
        guard unsafe pipe2(&ends, O_CLOEXEC) == 0 else { throw SystemFailure(errno, "cannot create a pipe") }
        reading = ends[0]
        writing = ends[1]
        _ = fcntl(nonBlocking == .reading ? reading : writing, F_SETFL, O_NONBLOCK)
    }

    package func closeBoth() {
        close(reading)
        close(writing)
    }
}
