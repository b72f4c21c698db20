import Glibc
import System

/// What this node may use of the machine it runs on.
package struct Machine: Sendable {
    package var hostName: String
    package var processID: Int32
    /// Processors, by affinity and cgroup quota, rounded up.
    package var processors: Int
    /// Memory in units of 2^20 bytes: the machine's, or the cgroup's limit where that is less.
    package var memoryMB: Int
    /// How many files a process may have open at most: the hard limit, `ulimit -Hn`.
    package var openFiles: Int

    package init(hostName: String, processID: Int32, processors: Int, memoryMB: Int, openFiles: Int = 1 << 20) {
        self.hostName = hostName
        self.processID = processID
        self.processors = processors
        self.memoryMB = memoryMB
        self.openFiles = openFiles
    }

    package static var current: Machine {
        Machine(
            hostName: SystemFacts.hostName, processID: getpid(), processors: SystemFacts.usableProcessors,
            memoryMB: SystemFacts.usableMemoryMB, openFiles: OpenFiles.most)
    }
}
