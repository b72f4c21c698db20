import Glibc
import System
import Worker

/// The command line: finds the command, hands it the rest of the words, and exits with its code.
@main
struct Main {
    static func main() {
        StandardDescriptors.open()
        // A reader that goes away ends a write with an error, not the process with a signal.
        signal(SIGPIPE, SIG_IGN)
        let words = Array(ProgramArguments.all.dropFirst())
        let code = Dispatch.run(words)
        // Not exit(): a thread of a client whose broker is gone may still be at work, on what exit() takes away.
        fflush(nil)
        _exit(code)
    }
}
