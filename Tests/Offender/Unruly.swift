import Glibc
import Hosting
import Messages
import Strategies

/// A host that runs the built-in strategies, and misbehaves where a request's `misbehave` label says how.
enum Unruly {
    static func run(dataRoot: String) -> Never {
        let strategies = HostedStrategies(dataRoot: dataRoot, engineVersion: "0")
        let ready = Array(#"{"ready":{"engine":{"name":"unruly","version":"0"}}}"#.utf8)
        exit(
            HostLoop.serve(ready: ready) { request in
                if let answer = misbehave(request) { return answer }
                return strategies.run(request)
            })
    }

    private static func misbehave(_ bytes: [UInt8]) -> [UInt8]? {
        guard let request = try? StrategyRequest.parse(bytes),
            let how = request.labels.first(where: { $0.name == "misbehave" })?.value.string
        else { return nil }
        switch how {
        case "hang": sleepForEver()
        case "die": kill(getpid(), SIGKILL)
        case "exit": exit(3)
        case "babble": return Array("this is no reply".utf8)
        case "leave-child":
            // The grandchild keeps the pipes of its parent open.
            if fork() == 0 { sleepForEver() }
            exit(4)
        default: if let offence = Offence(rawValue: how) { _ = offence.commit() }
        }
        return nil
    }
}
