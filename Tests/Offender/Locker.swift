import Glibc
import Messages

/// A host whose steps take locks as the request's `script` label says, command by command:
/// `lock a,b` waits until it has them · `unlock a` · `wait MS` · `enter FILE` makes a file that must not be there, and
/// `leave FILE` removes it · `await FILE` waits until it is there · `own FILE` takes one for as long as the process
/// lives · `say TEXT` sends a frame as it is · `hang` · `exit`. At its end it replies.
enum Locker {
    static func run() -> Never {
        Wire.ready()
        while true {
            let request = try? StrategyRequest.parse(Wire.request())
            let script = (request?.labels).flatMap { try? JSONValue.parse($0) }?["script"]?.string ?? ""
            let problem = script.split(separator: ";").lazy.compactMap(perform).first
            if let problem {
                say(#"{"status":"failed","error":{"code":"script","message":"\#(problem)"}}"#)
            } else {
                say(#"{"status":"completed"}"#)
            }
        }
    }

    /// What is wrong, if something is.
    private static func perform(_ command: Substring) -> String? {
        let words = command.split(separator: " ", maxSplits: 1)
        let word = words.first ?? ""
        let rest = words.count > 1 ? String(words[1]) : ""
        switch word {
        case "lock":
            say(#"{"lock":\#(list(rest))}"#)
            let answer = String(decoding: Wire.request(), as: UTF8.self)
            return answer == #"{"granted":\#(list(rest))}"# ? nil : "the node said \(answer.filter { $0 != "\"" })"
        case "unlock": say(#"{"unlock":\#(list(rest))}"#)
        case "wait": usleep(UInt32(rest).map { $0 * 1000 } ?? 0)
        case "enter":
            let file = open(rest, O_CREAT | O_EXCL | O_WRONLY, 0o600)
            guard file >= 0 else { return "another host is in \(rest)" }
            close(file)
        case "leave": unlink(rest)
        case "own":
            // Let go of by the end of the process only.
            let file = open(rest, O_CREAT | O_RDWR | O_CLOEXEC, 0o600)
            guard file >= 0, flock(file, LOCK_EX | LOCK_NB) == 0 else { return "\(rest) belongs to a host that lives" }
        case "await": while access(rest, F_OK) != 0 { usleep(1000) }
        case "say": say(rest)
        case "hang": sleepForEver()
        case "exit": exit(3)
        default: return "no command \(word)"
        }
        return nil
    }

    private static func list(_ names: String) -> String {
        "[" + names.split(separator: ",").map { "\"\($0)\"" }.joined(separator: ",") + "]"
    }

    private static func say(_ text: String) { Wire.reply(Array(text.utf8)) }
}
