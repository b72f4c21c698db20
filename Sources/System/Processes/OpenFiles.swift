import CLinux
import Glibc

/// How many files a process may have open.
package enum OpenFiles {
    /// The hard limit, as `ulimit -Hn` shows it.
    package static var most: Int { limit.map { Int(clamping: $0.rlim_max) } ?? 1024 }

    /// How many this process may have now; nil where there is no bound.
    package static var current: Int? { limit.flatMap { Int(exactly: $0.rlim_cur) } }

    /// Lets this process have so many, where its soft limit is lower and the hard one allows it.
    package static func raise(to wanted: Int) {
        guard var limit, limit.rlim_cur < rlim_t(wanted) else { return }
        limit.rlim_cur = min(rlim_t(wanted), limit.rlim_max)
        // What does not come about is noticed where a file cannot be opened.
        _ = unsafe setrlimit(resource, &limit)
    }

    private static let resource = __rlimit_resource_t(RLIMIT_NOFILE.rawValue)

    private static var limit: rlimit? {
        var limit = rlimit()
        return unsafe getrlimit(resource, &limit) == 0 ? limit : nil
    }
}
