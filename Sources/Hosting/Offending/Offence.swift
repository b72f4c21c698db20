import Glibc

/// What a strategy may do to harm others, done for real: how a node proves that its limits hold, and the tests do.
///
/// Each is bounded, so that a machine survives it where nothing stops it.
package enum Offence: String, CaseIterable, Sendable {
    /// An endless loop in four threads.
    case burn
    /// Sleeps for ever.
    case sleep
    /// Takes and uses memory, a megabyte at a time, up to 4 GB.
    case hoard
    /// Asks for 4 GB at once, and uses them.
    case grab
    /// Three processes that hold 40 MB each.
    case spreadMemory = "spread-memory"
    /// Writes 256 MB to the machine's shared memory, in files of 16 MB.
    case fillSharedMemory = "fill-shared-memory"
    /// Writes a file of 200 MB.
    case longFile = "long-file"
    /// Doubles its processes ten times.
    case forkBomb = "fork-bomb"
    /// A process that burns, in a session of its own and without a parent.
    case daemon
    /// Opens 100,000 files.
    case manyFiles = "many-files"
    /// A recursion without end.
    case recursion
    /// Opens a connection to the network.
    case network
    /// Writes a file outside of its own directory.
    case write
    /// Writes a file in its own directory; this is allowed.
    case writeOwn = "write-own"
    /// Reads a file that is none of its business.
    case readFile = "read-file"
    /// Sends a signal to the node, or to another process, one that does nothing.
    case signal
    /// Kills the node, its group and everybody where nothing refuses it, then its own group.
    case killNode = "kill-node"
    /// Reads the node's environment.
    case readEnvironment = "read-environment"
    /// Reads the memory of the node, or of another process.
    case readMemory = "read-memory"
    /// Runs a program that would make it root.
    case gainPrivileges = "gain-privileges"

    /// What a host does that was started as `optimizer-host offend`: each request names an offence, and what it needs
    /// to know. The reply says `done`, or `refused:` with the reason.
    /// - Returns: the exit code.
    package static func serve() -> Int32 {
        HostLoop.serve(ready: Array("ready".utf8)) { request in
            let words = String(decoding: request, as: UTF8.self).split(separator: " ", maxSplits: 1).map(String.init)
            guard let offence = words.first.flatMap(Offence.init(rawValue:)) else { return Array("unknown".utf8) }
            return Array(offence.commit(words.count > 1 ? words[1] : "").utf8)
        }
    }

    /// Does it, in the calling process. Returns when it was refused, or had been done.
    package func commit(_ detail: String = "") -> String {
        switch self {
        case .burn: Greed.burnForEver(threads: 4)
        case .sleep: Greed.sleepForEver()
        case .hoard: Greed.hold(megabytes: 4096, pauseMicroseconds: 200)
        case .grab: Greed.hold(megabytes: 4096, pauseMicroseconds: 0)
        case .spreadMemory: Greed.spreadMemory(processes: 3, megabytes: 40)
        case .fillSharedMemory: Greed.write(files: 16, megabytes: 16, under: "/dev/shm")
        case .longFile: Greed.write(files: 1, megabytes: 200, under: detail.isEmpty ? "/tmp" : detail)
        case .forkBomb: Greed.fork(generations: 10)
        case .daemon: Greed.daemon()
        case .manyFiles: Greed.open(files: 100_000)
        case .recursion: Greed.recurse()
        case .network: Trespass.connect()
        case .write, .writeOwn: Trespass.create("\(detail.isEmpty ? "/tmp" : detail)/optimizer-offence-\(getpid())")
        case .readFile: Trespass.read(detail)
        case .signal: Trespass.signal(Int32(detail) ?? getppid())
        case .killNode: Trespass.killNode()
        case .readEnvironment: Trespass.read("/proc/\(getppid())/environ")
        case .readMemory: Trespass.readMemory(Int32(detail) ?? getppid())
        case .gainPrivileges: Trespass.gainPrivileges()
        }
    }
}
