import Glibc
import System

/// Offences that take more than a host may have.
enum Greed {
    static func burnForEver(threads: Int) -> String {
        for _ in 1..<threads { _ = try? PermanentThread(name: "burn") { spin() } }
        spin()
        return "done"
    }

    static func hold(megabytes: Int, pauseMicroseconds: UInt32) -> String {
        if pauseMicroseconds == 0 {
            guard let memory = unsafe malloc(megabytes << 20) else { return Trespass.refusal }
            unsafe touch(memory, megabytes << 20)
            return "done"
        }
        for _ in 0..<megabytes {
            guard let memory = unsafe malloc(1 << 20) else { return Trespass.refusal }
            unsafe touch(memory, 1 << 20)
            usleep(pauseMicroseconds)
        }
        return "done"
    }

    static func spreadMemory(processes: Int, megabytes: Int) -> String {
        for _ in 0..<processes where Glibc.fork() == 0 {
            _ = hold(megabytes: megabytes, pauseMicroseconds: 100)
            sleepForEver()
        }
        sleepForEver()
    }

    /// Writes files that are gone with the process, however it ends.
    static func write(files: Int, megabytes: Int, under directory: String) -> String {
        let block = [UInt8](repeating: 1, count: 1 << 20)
        for file in 0..<files {
            let path = "\(directory)/optimizer-offence-\(getpid())-\(file)"
            let descriptor = unsafe Glibc.open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0o600)
            guard descriptor >= 0 else { return Trespass.refusal }
            unsafe unlink(path)
            for _ in 0..<megabytes where unsafe Glibc.write(descriptor, block, block.count) < block.count {
                return Trespass.refusal
            }
        }
        return "done"
    }

    static func fork(generations: Int) -> String {
        for _ in 0..<generations { _ = Glibc.fork() }
        sleepForEver()
    }

    /// Replies, and leaves a process behind that nothing ties to this one but its control group.
    static func daemon() -> String {
        let between = Glibc.fork()
        if between == 0 {
            setsid()
            if Glibc.fork() == 0 { spin() }
            _exit(0)
        }
        waitpid(between, nil, 0)
        return "done"
    }

    static func open(files: Int) -> String {
        for opened in 0..<files where unsafe Glibc.open("/dev/null", O_RDONLY) < 0 {
            return "refused: after \(opened) files"
        }
        return "done"
    }

    static func recurse() -> String { String(depth(of: 0)) }

    @inline(never) @_optimize(none)
    private static func depth(of level: Int) -> Int {
        unsafe withUnsafeTemporaryAllocation(byteCount: 4096, alignment: 16) { room in
            unsafe room[level & 4095] = 1
            return unsafe depth(of: level + 1) + Int(room[0])
        }
    }

    /// Not optimised: memory that nobody reads would not be written to, or not even be asked for.
    @inline(never) @_optimize(none)
    private static func touch(_ memory: UnsafeMutableRawPointer, _ bytes: Int) {
        for offset in stride(from: 0, to: bytes, by: 4096) {
            unsafe memory.storeBytes(of: 1, toByteOffset: offset, as: UInt8.self)
        }
    }

    @inline(never) @_optimize(none)
    private static func spin() { while true {} }

    static func sleepForEver() -> Never { while true { pause() } }
}
