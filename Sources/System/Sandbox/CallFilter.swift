import CLinux

/// Calls that the kernel refuses this process, and what it starts, from then on (seccomp).
package enum CallFilter {
    /// Refuses what ends a process from outside: signals to it, to its group and to everybody. Where the kernel can,
    /// no signal reaches any process but this one and what it starts.
    package static func refuseSignals(to process: Int32) throws(SystemFailure) {
        try SystemFailure.check(linux_keep_signals(), "cannot keep signals in")
        try SystemFailure.check(
            linux_refuse_signals_to(process, getpgid(process)), "cannot refuse signals to \(process)")
    }

    /// Refuses sockets, namespaces, mounts, other processes' memory, and what reaches into the kernel.
    package static func refuseReachingOut() throws(SystemFailure) {
        try SystemFailure.check(linux_refuse_calls(), "cannot refuse calls")
    }
}
