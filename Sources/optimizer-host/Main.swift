import Glibc
import Hosting

/// The host executable: one of the node's child processes that run strategies.
@main
struct Main {
    static let version = "0.1.0"

    static let help = """
        optimizer-host: runs strategies for an optimizer node. The node starts it; by hand it is of little use.

        usage: optimizer-host serve
                   reads requests from the standard input and writes results to the standard output, each a
                   little-endian 32-bit length and so many bytes of JSON; ends when the input ends
               optimizer-host exec [--memory-mb N] [--file-mb N] [--directory DIR] [--parent PID] -- COMMAND [ARGUMENT]...
                   limits itself, ties its life to the process PID, then becomes COMMAND; exits with 125 when
                   it cannot prepare that, 126 when COMMAND cannot be run, 127 when it is not found
               optimizer-host --help | --version
        """

    static func main() {
        let arguments = Array(CommandLine.arguments.dropFirst())
        switch arguments.first {
        case "serve" where arguments.count == 1:
            exit(serve())
        case "exec":
            exit(Launcher.run(Array(arguments.dropFirst())) { $0 == ["serve"] ? serve() : nil })
        case "--help", "-h":
            print(help)
        case "--version":
            print("optimizer-host \(version)")
        default:
            StandardError.write(help)
            exit(64)
        }
    }

    static func serve() -> Int32 {
        HostLoop.serve(ready: ready, run: run)
    }

    static let ready = Array(#"{"ready":{"engine":{"name":"optimizer","version":"\#(version)"}}}"#.utf8)

    static func run(_ request: [UInt8]) -> [UInt8] {
        Array(#"{"status":"completed","strategy":{"name":"noop","version":"1","parameters":{}}}"#.utf8)
    }
}
