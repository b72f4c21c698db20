import Glibc

/// Descriptors 0 to 2 of a process that was started without some of them.
package enum StandardDescriptors {
    /// Opens those that are closed on /dev/null. Comes first in a program: the next thing it opens would else be its
    /// standard error, and have log lines written into it.
    ///
    /// In the wrong direction, so that who reads or writes hears that there is nothing: data that goes nowhere is not
    /// to look like data that was written. Only words, on standard error, may go nowhere.
    package static func open() {
        for (descriptor, mode) in [(Int32(0), O_WRONLY), (1, O_RDONLY), (2, O_WRONLY)] {
            guard fcntl(descriptor, F_GETFD) < 0, errno == EBADF else { continue }
            // The lowest number that is free: this one, since those below it are open by now.
            _ = unsafe Glibc.open("/dev/null", mode)
        }
    }
}
