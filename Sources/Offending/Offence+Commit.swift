import Glibc
import Hosting
package import IsolationProof

extension Offence {
    /// What a host does that was started as `optimizer-offender offend`: each request names an offence, and what it needs
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
