import CLinux
import Glibc

/// Signals that no handler gets: they wait until somebody takes them.
package struct BlockedSignals: Sendable {
    private let set: sigset_t

    /// Blocks the signals in this thread and in all it starts.
    package init(_ numbers: [Int32]) {
        var set = sigset_t()
        sigemptyset(&set)
        for number in numbers { sigaddset(&set, number) }
        pthread_sigmask(SIG_BLOCK, &set, nil)
        self.set = set
    }

    /// Waits for one and takes it.
    package func wait() -> Int32 {
        var set = set
        while true {
            var number: Int32 = 0
            if sigwait(&set, &number) == 0 { return number }
        }
    }

    /// Takes one that has come; nil where none has.
    package func next() -> Int32? {
        var set = set
        var none = timespec()
        let number = sigtimedwait(&set, nil, &none)
        return number > 0 ? number : nil
    }

    /// Lets this thread get them again as if they had never been blocked.
    package func unblock() {
        var set = set
        pthread_sigmask(SIG_UNBLOCK, &set, nil)
    }
}
