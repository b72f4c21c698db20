import CLinux
import Glibc

/// How many files a process may have open.
package enum OpenFiles {
    /// The hard limit, as `ulimit -Hn` shows it.
    package static var most: Int {
        var limit = rlimit()
        guard getrlimit(__rlimit_resource_t(RLIMIT_NOFILE.rawValue), &limit) == 0 else { return 1024 }
        return Int(clamping: limit.rlim_max)
    }

    /// Lets this process have so many, where its soft limit is lower and the hard one allows it.
    package static func raise(to wanted: Int) {
        var limit = rlimit()
        let resource = __rlimit_resource_t(RLIMIT_NOFILE.rawValue)
        guard getrlimit(resource, &limit) == 0, limit.rlim_cur < rlim_t(wanted) else { return }
        limit.rlim_cur = min(rlim_t(wanted), limit.rlim_max)
        // What does not come about is noticed where a file cannot be opened.
        _ = setrlimit(resource, &limit)
    }
}
