import CLinux
import Glibc

/// Signals that no handler gets: they wait until somebody takes them.
package struct BlockedSignals: Sendable {
    private let set: sigset_t

    /// Blocks the signals in this thread and in all it starts.
    package init(_ numbers: [Int32]) {
        var set = sigset_t()
        unsafe sigemptyset(&set)
        for number in numbers { unsafe sigaddset(&set, number) }
        unsafe pthread_sigmask(SIG_BLOCK, &set, nil)
        self.set = set
    }

    /// Waits for one and takes it.
    package func wait() -> Int32 {
        var set = set
        while true {
            var number: Int32 = 0
            if unsafe sigwait(&set, &number) == 0 { return number }
        }
    }

    /// Takes one that has come; nil where none has.
    package func next() -> Int32? {
        var set = set
        var none = timespec()
        let number = unsafe sigtimedwait(&set, nil, &none)
        return number > 0 ? number : nil
    }

    /// Lets this thread get them again as if they had never been blocked.
    package func unblock() {
        var set = set
        unsafe pthread_sigmask(SIG_UNBLOCK, &set, nil)
    }
}
