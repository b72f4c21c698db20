import Glibc
import Hosting

/// What an offender does. Unless it says otherwise it is ready first, and misbehaves on its first request.
enum Behaviour {
    static func named(_ mode: String, _ number: Int32) -> (() -> Void)? {
        beforeReady(mode, number)
            ?? onRequest(mode, number).map { behave in
                {
                    Wire.ready()
                    let request = Wire.request()
                    behave(request)
                }
            }
    }

    private static func beforeReady(_ mode: String, _ number: Int32) -> (() -> Void)? {
        switch mode {
        case "echo": { exit(HostLoop.serve(ready: Array("ready".utf8)) { $0 }) }
        case "echo-lines": { echoLines() }
        case "print-in-step":
            {
                exit(
                    HostLoop.serve(ready: Array("ready".utf8)) { request in
                        print("printed by a strategy, read: \(readLine() ?? "nothing")")
                        fflush(nil)
                        return request
                    })
            }
        case "print-before-ready":
            {
                Wire.write(Array("Hello, world!\n".utf8))
                sleepForEver()
            }
        case "never-ready": { sleepForEver() }
        case "die-before-ready":
            {
                Wire.write(Array("no data found\n".utf8), to: 2)
                exit(3)
            }
        case "deaf":
            {
                Wire.ready()
                sleepForEver()
            }
        case "die-idle":
            {
                Wire.ready()
                exit(number)
            }
        case "babble-idle":
            {
                Wire.ready()
                Wire.write(Array("anybody there?".utf8))
                sleepForEver()
            }
        case "stubborn":
            {
                ignoreRequestsToEnd()
                Wire.ready()
                sleepForEver()
            }
        case "show":
            {
                Wire.ready()
                show()
            }
        case "node": { ActingNode.run() }
        case "drill-death": { Drill.nodeDeath() }
        case "drill-remains": { Drill.remains() }
        default: nil
        }
    }

    private static func onRequest(_ mode: String, _ number: Int32) -> (([UInt8]) -> Void)? {
        switch mode {
        case "hang": { _ in sleepForEver() }
        case "exit":
            { _ in
                Wire.write(Array("giving up\n".utf8), to: 2)
                exit(number)
            }
        case "signal":
            { _ in
                kill(getpid(), number)
                sleepForEver()
            }
        case "answer-and-exit":
            { request in
                Wire.reply(request)
                exit(number)
            }
        case "babble":
            { _ in
                Wire.write(Array("<html>nothing found</html>".utf8))
                sleepForEver()
            }
        case "empty-frame":
            { _ in
                Wire.write([0, 0, 0, 0])
                sleepForEver()
            }
        case "flood":
            { _ in
                Wire.write(Wire.header(100 << 20))
                while true { Wire.write([UInt8](repeating: 0x20, count: 1 << 20)) }
            }
        case "flood-line": { _ in while true { Wire.write([UInt8](repeating: 0x20, count: 1 << 20)) } }
        case "flood-errors":
            { request in
                for line in 0..<20_000 { Wire.write(Array("line \(line) of too many\n".utf8), to: 2) }
                Wire.reply(request)
                sleepForEver()
            }
        case "endless-errors": { _ in while true { Wire.write(Array("not again\n".utf8), to: 2) } }
        case "close-output":
            { _ in
                close(1)
                sleepForEver()
            }
        case "close-both":
            { _ in
                close(0)
                close(1)
                sleepForEver()
            }
        case "close-errors":
            { request in
                close(2)
                usleep(20_000)
                Wire.reply(request)
                sleepForEver()
            }
        case "drip":
            { _ in
                Wire.write(Wire.header(1 << 20))
                while true {
                    Wire.write([0x20])
                    usleep(10_000)
                }
            }
        case "twice":
            { request in
                Wire.reply(request)
                Wire.reply(request)
                sleepForEver()
            }
        case "invalid-utf8":
            { _ in
                Wire.reply([0x22, 0xFF, 0xC0, 0x22])
                sleepForEver()
            }
        case "stop": { _ in kill(getpid(), SIGSTOP) }
        case "stubborn-step":
            { _ in
                ignoreRequestsToEnd()
                sleepForEver()
            }
        case "grandchild":
            { _ in
                startGrandchild()
                exit(number)
            }
        case "daemon":
            { _ in
                startGrandchild { setsid() }
                exit(number)
            }
        case "daemon-and-hang":
            { _ in
                startGrandchild { setsid() }
                sleepForEver()
            }
        case "daemon-family":
            { _ in
                startGrandchild {
                    setsid()
                    startGrandchild { setsid() }
                }
                exit(number)
            }
        case "big-reply":
            { _ in
                Wire.reply([UInt8](repeating: 0x37, count: Int(number)))
                sleepForEver()
            }
        default: nil
        }
    }

    private static func sleepForEver() -> Never {
        while true { pause() }
    }

    private static func ignoreRequestsToEnd() {
        for ignored in [SIGTERM, SIGINT, SIGHUP] { signal(ignored, SIG_IGN) }
    }

    /// Leaves a child behind that holds the pipes open for ever.
    private static func startGrandchild(_ prepare: () -> Void = {}) {
        if fork() == 0 {
            prepare()
            sleepForEver()
        }
    }

    private static func echoLines() {
        print("ready")
        fflush(nil)
        while let line = readLine() {
            print("got \(line)", terminator: "\r\n")
            fflush(nil)
        }
    }

    /// Answers each request with what the host sees of its surroundings.
    private static func show() {
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
        let status = String(decoding: FileContent.read("/proc/self/status"), as: UTF8.self)
        return status.split(separator: "\n").filter { $0.hasPrefix("SigBlk") || $0.hasPrefix("SigIgn") }
            .map { $0.filter { !$0.isWhitespace } }.joined(separator: " ")
    }

    private static func limit(_ resource: __rlimit_resource) -> UInt {
        var limit = rlimit()
        getrlimit(__rlimit_resource_t(resource.rawValue), &limit)
        return limit.rlim_cur
    }
}
