import Glibc

/// Processes of one group, reached by the number of their leader.
package enum ProcessGroup {
    /// Kills every process of the group at once. The caller knows that the number is still that group's.
    package static func kill(_ leader: Int32) {
        guard leader > 1 else { return }
        _ = Glibc.kill(-leader, SIGKILL)
    }
}
