import Glibc

/// A host that misbehaves as its first argument says; the tests' counterpart of a strategy that does.
///
/// The second argument is a number: an exit code, a signal, a size.
@main
struct Main {
    static func main() {
        let mode = CommandLine.arguments.dropFirst().first ?? ""
        let number = CommandLine.arguments.dropFirst(2).first.flatMap { Int32($0) } ?? 0
        if runDrill(mode) { exit(0) }
        if GoodConduct.run(mode) || Hungry.run(mode, number) || BadStart.run(mode, number) { sleepForEver() }
        Wire.ready()
        let request = Wire.request()
        if BadAnswer.run(mode, request) || BadEnd.run(mode, number, request) { sleepForEver() }
        Wire.write(Array("offender: unknown mode \(mode)\n".utf8), to: 2)
        exit(64)
    }

    private static func runDrill(_ mode: String) -> Bool {
        switch mode {
        case "node": ActingNode.run()
        case "unruly": Unruly.run(dataRoot: "data")
        case "locker": Locker.run()
        case "drill-death": Drill.nodeDeath()
        case "drill-remains": Drill.remains()
        case "drill-bare": Drill.bare()
        default: return false
        }
        return true
    }
}

func sleepForEver() -> Never {
    while true { pause() }
}

func ignoreRequestsToEnd() {
    for ignored in [SIGTERM, SIGINT, SIGHUP] { signal(ignored, SIG_IGN) }
}
