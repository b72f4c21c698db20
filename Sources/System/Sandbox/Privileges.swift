import CLinux
import Glibc

/// What a process gives up and never gets back, nor what it starts.
package enum Privileges {
    /// From now on no program that it runs gives it any.
    package static func refuseNew() throws(SystemFailure) {
        try SystemFailure.check(linux_no_new_privileges(), "cannot give up new privileges")
    }

    /// Becomes another user, with the group of the same number and no others.
    package static func become(user: Int) throws(SystemFailure) {
        try SystemFailure.check(linux_become_user(uid_t(user)), "cannot become the user \(user)")
    }

    /// Gives up all capabilities, those a later program of root's would bring back among them.
    package static func dropCapabilities() throws(SystemFailure) {
        try SystemFailure.check(linux_drop_capabilities(), "cannot give up capabilities")
    }

    /// Has this process alone see an empty file system in memory in the place of a directory. Needs privileges.
    /// - Parameters:
    ///   - megabytes: how much it holds at most, in units of 2^20 bytes.
    ///   - owner: the user, and the group of the same number, who alone may use it.
    package static func mountPrivate(
        _ directory: String, megabytes: Int, owner: Int
    ) throws(SystemFailure) {
        let options = "size=\(megabytes)m,mode=0700,uid=\(owner),gid=\(owner)"
        try unsafe SystemFailure.check(linux_private_directory(directory, options), "cannot mount \(directory)")
    }
}
