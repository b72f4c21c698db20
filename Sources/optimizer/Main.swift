import Glibc
import Worker

/// The command line: finds the command, hands it the rest of the words, and exits with its code.
@main
struct Main {
    static func main() {
        // A reader that goes away ends a write with an error, not the process with a signal.
        signal(SIGPIPE, SIG_IGN)
        let words = Array(CommandLine.arguments.dropFirst())
        exit(Dispatch.run(words))
    }
}
