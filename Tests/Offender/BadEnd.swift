import Glibc

/// Hosts that end in a step, and hosts that leave others behind.
enum BadEnd {
    /// Returns false for a mode that is not its; on true the host is to sleep for ever.
    static func run(_ mode: String, _ number: Int32, _ request: [UInt8]) -> Bool {
        switch mode {
        case "exit":
            Wire.write(Array("giving up\n".utf8), to: 2)
            exit(number)
        case "signal": kill(getpid(), number)
        case "answer-and-exit":
            Wire.reply(request)
            exit(number)
        case "grandchild":
            startGrandchild()
            exit(number)
        case "daemon":
            startGrandchild { setsid() }
            exit(number)
        case "daemon-and-hang": startGrandchild { setsid() }
        case "daemon-family":
            startGrandchild {
                setsid()
                startGrandchild { setsid() }
            }
            exit(number)
        default: return false
        }
        return true
    }

    /// Leaves a child behind that holds the pipes open for ever.
    private static func startGrandchild(_ prepare: () -> Void = {}) {
        if fork() == 0 {
            prepare()
            sleepForEver()
        }
    }
}
