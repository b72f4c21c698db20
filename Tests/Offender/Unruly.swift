import Glibc
import IsolationProof
import Messages
import Offending
import Strategies

/// A host that runs the built-in strategies, and misbehaves where a request's `misbehave` label says how.
///
/// Its frames are raw, so that a step can do to them whatever it likes.
enum Unruly {
    static func run(dataRoot: String) -> Never {
        let strategies = HostedStrategies(dataRoot: dataRoot, engineVersion: "0")
        Wire.reply(Array(#"{"ready":{"engine":{"name":"unruly","version":"0"}}}"#.utf8))
        while true {
            let request = readRequest()
            Wire.reply(misbehave(request) ?? strategies.run(request))
        }
    }

    /// Reads no further than the beginning of a request whose label says `never-reads` there.
    private static func readRequest() -> [UInt8] {
        let length = Wire.length()
        let beginning = Wire.read(min(length, 4096))
        if String(decoding: beginning, as: UTF8.self).contains(#""misbehave":"never-reads""#) { sleepForEver() }
        return beginning + Wire.read(length - beginning.count)
    }

    private static func misbehave(_ bytes: [UInt8]) -> [UInt8]? {
        guard let request = try? StrategyRequest.parse(bytes),
            let how = (try? JSONValue.parse(request.labels))?["misbehave"]?.string
        else { return nil }
        switch how {
        case "die": kill(getpid(), SIGKILL)
        case "answer-twice":
            Wire.reply(Array("{\"status\":\"completed\",\"request_id\":\"\(request.requestID)\"}".utf8))
        case "babble": return Array("this is no reply".utf8)
        case "leave-child":
            // The grandchild keeps the pipes of its parent open.
            if fork() == 0 { sleepForEver() }
            exit(4)
        default: break
        }
        if let offence = Offence(rawValue: how) {
            let answer = offence.commit()
            return answer == "done" ? nil : refused(answer)
        }
        if BadAnswer.run(how, bytes) || BadEnd.run(how, 3, bytes) { sleepForEver() }
        return nil
    }

    private static func refused(_ answer: String) -> [UInt8] {
        Array(#"{"status":"failed","error":{"code":"refused","message":"\#(answer)"}}"#.utf8)
    }
}
