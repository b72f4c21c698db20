import Glibc
import Hosting
import System

/// Hosts that do what they should.
enum GoodConduct {
    /// Returns false for a mode that is not its.
    static func run(_ mode: String) -> Bool {
        switch mode {
        case "echo": serve { $0 }
        case "print-in-step":
            serve { request in
                print("printed by a strategy, read: \(readLine() ?? "nothing")")
                fflush(nil)
                return request
            }
        case "background": serve { _ in Array(String(startBackgroundProcess()).utf8) }
        case "echo-until": serve(until)
        case "echo-lines": echoLines()
        case "show": show()
        default: return false
        }
        return true
    }

    private static func serve(_ run: ([UInt8]) -> [UInt8]) {
        exit(HostLoop.serve(ready: Array("ready".utf8), run: run))
    }

    /// Answers until it is told to end, to hang, or to burn 20 ms first.
    private static func until(_ request: [UInt8]) -> [UInt8] {
        switch String(decoding: request, as: UTF8.self) {
        case "die": kill(getpid(), SIGKILL)
        case "hang": sleepForEver()
        case "burn": burn(milliseconds: 20)
        default: break
        }
        return request
    }

    private static func burn(milliseconds: Int) {
        let start = clock()
        while clock() - start < milliseconds * 1000 {}
    }

    /// Starts a process by way of one that ends at once, as `&` in a shell does. Returns its process id.
    private static func startBackgroundProcess() -> Int32 {
        var ends: [Int32] = [-1, -1]
        pipe(&ends)
        let between = fork()
        if between == 0 {
            var background = fork()
            if background == 0 { sleepForEver() }
            write(ends[1], &background, 4)
            _exit(0)
        }
        waitpid(between, nil, 0)
        var background: Int32 = 0
        read(ends[0], &background, 4)
        return background
    }

    private static func echoLines() {
        print("ready")
        fflush(nil)
        while let line = readLine() {
            print("got \(line)", terminator: "\r\n")
            fflush(nil)
        }
        exit(0)
    }

    /// Answers each request with what the host sees of its surroundings.
    private static func show() {
        Wire.ready()
        while true {
            let answer =
                switch String(decoding: Wire.request(), as: UTF8.self) {
                case "descriptors":
                    (0..<1024).filter { fcntl($0, F_GETFD) >= 0 }.map(String.init).joined(separator: " ")
                case "environment": environment().sorted().joined(separator: "\n")
                case "directory": String(cString: getcwd(nil, 0))
                case "session": getsid(0) == getpid() && getpgrp() == getpid() ? "own" : "foreign"
                case "signals": blockedAndIgnoredSignals()
                case "core": "\(limit(RLIMIT_CORE))"
                case "data": "\(limit(RLIMIT_DATA))"
                case "file": "\(limit(RLIMIT_FSIZE))"
                default: "?"
                }
            Wire.reply(Array(answer.utf8))
        }
    }

    private static func environment() -> [String] {
        var variables: [String] = []
        var entry = environ
        while let variable = entry.pointee {
            variables.append(String(cString: variable))
            entry += 1
        }
        return variables
    }

    private static func blockedAndIgnoredSignals() -> String {
        let status = FileContent.text("/proc/self/status")
        return status.split(separator: "\n").filter { $0.hasPrefix("SigBlk") || $0.hasPrefix("SigIgn") }
            .map { $0.filter { !$0.isWhitespace } }.joined(separator: " ")
    }

    private static func limit(_ resource: __rlimit_resource) -> UInt {
        var limit = rlimit()
        getrlimit(__rlimit_resource_t(resource.rawValue), &limit)
        return limit.rlim_cur
    }
}
