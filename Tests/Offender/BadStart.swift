import Glibc

/// Hosts that misbehave before they get a request.
enum BadStart {
    /// Returns false for a mode that is not its; on true the host is to sleep for ever.
    static func run(_ mode: String, _ number: Int32) -> Bool {
        switch mode {
        case "never-ready": break
        case "print-before-ready": Wire.write(Array("Hello, world!\n".utf8))
        case "die-before-ready":
            Wire.write(Array("no data found\n".utf8), to: 2)
            exit(3)
        case "deaf": Wire.ready()
        case "die-idle":
            Wire.ready()
            exit(number)
        case "babble-idle":
            Wire.ready()
            Wire.write(Array("anybody there?".utf8))
        case "stubborn":
            ignoreRequestsToEnd()
            Wire.ready()
        default: return false
        }
        return true
    }
}
