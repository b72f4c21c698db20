import Glibc
import Hosting
import IsolationProof
import Messages
import Offending
import System

/// The offender: a host that does what strategies must not, so that `optimizer check-isolation` can show what comes of it.
///
/// It prepares its processes with the code of `optimizer-host exec`, and goes on in them as a built-in host does: what
/// holds for it holds for those.
@main
struct Main {
    static let help = """
        optimizer-offender: commits offences, for optimizer check-isolation to show that they come to nothing. No node
        needs it; each offence is bounded, and yet none to be tried by hand.

        usage: optimizer-offender offend
                   reads the names of offences from the standard input and writes what came of them to the standard
                   output, each with a little-endian 32-bit length before it; ends when the input ends
               optimizer-offender exec [OPTION]... -- COMMAND [ARGUMENT]...
                   as optimizer-host exec
               optimizer-offender --help | --version
        """

    static func main() {
        StandardDescriptors.open()
        let arguments = Array(CommandLine.arguments.dropFirst())
        switch arguments.first {
        case "offend" where arguments.count == 1:
            exit(Offence.serve())
        case "exec":
            exit(Launcher.run(Array(arguments.dropFirst())) { $0 == ["offend"] ? Offence.serve() : nil })
        case "--help", "-h":
            print(help)
        case "--version":
            print("optimizer-offender \(ProductVersion.text)")
        default:
            StandardError.write(help)
            exit(64)
        }
    }
}
