import Glibc
import Hosting
import Messages
import Scheduling
import Strategies
import System

/// The host executable: one of the node's child processes that run strategies.
@main
struct Main {
    static let version = ProductVersion.text

    static let help = """
        optimizer-host: runs strategies for an optimizer node. The node starts it; by hand it is of little use.

        usage: optimizer-host serve [--data-root DIR]
                   reads requests from the standard input and writes results to the standard output, each a
                   little-endian 32-bit length and so many bytes of JSON; ends when the input ends
               optimizer-host exec [--memory-mb N] [--file-mb N] [--directory DIR] [--parent PID] -- COMMAND [ARGUMENT]...
                   limits itself, ties its life to the process PID, then becomes COMMAND; exits with 125 when
                   it cannot prepare that, 126 when COMMAND cannot be run, 127 when it is not found
               optimizer-host --help | --version
        """

    static func main() {
        StandardDescriptors.open()
        let arguments = Array(ProgramArguments.all.dropFirst())
        switch arguments.first {
        case "serve" where dataRoot(arguments) != nil:
            exit(dataRoot(arguments).map(serve) ?? 64)
        case "exec":
            exit(Launcher.run(Array(arguments.dropFirst())) { dataRoot($0).map(serve) })
        case "--help", "-h":
            print(help)
        case "--version":
            print("optimizer-host \(version)")
        default:
            StandardError.write(help)
            exit(64)
        }
    }

    /// The data root of `serve [--data-root DIR]`; nil for any other words.
    static func dataRoot(_ arguments: [String]) -> String? {
        if arguments == ["serve"] { return "data" }
        return arguments.count == 3 && arguments.starts(with: ["serve", "--data-root"]) ? arguments[2] : nil
    }

    static func serve(dataRoot: String) -> Int32 {
        let strategies = HostedStrategies(dataRoot: dataRoot, engineVersion: version)
        return HostLoop.serve(ready: StepFrame.ready(engineVersion: version)) { payload, pipe in
            strategies.answer(payload, ask: pipe.ask) { UInt64(clamping: MonotonicTime.now().nanoseconds) }
        }
    }
}
