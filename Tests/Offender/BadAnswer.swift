import Glibc

/// Hosts that answer too little, too much or the wrong thing.
enum BadAnswer {
    /// Returns false for a mode that is not its; on true the host is to sleep for ever.
    static func run(_ mode: String, _ request: [UInt8]) -> Bool {
        switch mode {
        case "hang": break
        case "stop": kill(getpid(), SIGSTOP)
        case "stubborn-step": ignoreRequestsToEnd()
        case "drip": drip()
        case "babble": Wire.write(Array("<html>nothing found</html>".utf8))
        case "empty-frame": Wire.write([0, 0, 0, 0])
        case "invalid-utf8": Wire.reply([0x22, 0xFF, 0xC0, 0x22])
        case "twice": Wire.reply(request, times: 2)
        case "flood":
            Wire.write(Wire.header(100 << 20))
            writeWithoutEnd([UInt8](repeating: 0x20, count: 1 << 20), to: 1)
        case "flood-line": writeWithoutEnd([UInt8](repeating: 0x20, count: 1 << 20), to: 1)
        case "endless-errors": writeWithoutEnd(Array("not again\n".utf8), to: 2)
        case "flood-errors":
            for line in 0..<20_000 { Wire.write(Array("line \(line) of too many\n".utf8), to: 2) }
            Wire.reply(request)
        case "close-errors":
            close(2)
            usleep(20_000)
            Wire.reply(request)
        case "close-input":
            close(0)
            Wire.reply(request)
        case "close-output": close(1)
        case "close-both":
            close(0)
            close(1)
        default: return false
        }
        return true
    }

    private static func drip() -> Never {
        Wire.write(Wire.header(1 << 20))
        while true {
            Wire.write([0x20])
            usleep(10_000)
        }
    }

    private static func writeWithoutEnd(_ bytes: [UInt8], to descriptor: Int32) -> Never {
        while true { Wire.write(bytes, to: descriptor) }
    }
}
