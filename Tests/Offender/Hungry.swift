import Glibc
import Hosting

/// Hosts that use processor time and memory, in amounts.
enum Hungry {
    /// Returns false for a mode that is not its; on true the host is to sleep for ever.
    static func run(_ mode: String, _ number: Int32) -> Bool {
        switch mode {
        case "burn-ms": serve { burn(milliseconds: Int(number)) }
        case "hold-mb": serve { _ = hold(megabytes: Int(number)) }
        case "hold-mb-and-die":
            serve {
                _ = hold(megabytes: Int(number))
                exit(3)
            }
        default: return false
        }
        return true
    }

    private static func serve(_ body: () -> Void) {
        exit(
            HostLoop.serve(ready: Array("ready".utf8)) { request in
                body()
                return request
            })
    }

    /// Uses so much processor time of the calling thread.
    static func burn(milliseconds: Int) {
        func used() -> Int {
            var time = timespec()
            clock_gettime(CLOCK_THREAD_CPUTIME_ID, &time)
            return time.tv_sec * 1_000_000_000 + time.tv_nsec
        }
        let end = used() + milliseconds * 1_000_000
        while used() < end {}
    }

    /// Allocates and writes to memory, and never gives it back.
    @discardableResult
    static func hold(megabytes: Int) -> UnsafeMutableRawPointer? {
        guard let memory = malloc(megabytes << 20) else { return nil }
        for offset in stride(from: 0, to: megabytes << 20, by: 4096) {
            memory.storeBytes(of: 1, toByteOffset: offset, as: UInt8.self)
        }
        return memory
    }
}
