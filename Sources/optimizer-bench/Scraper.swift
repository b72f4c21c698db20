import Glibc
import Hosting
import Messages
import Scheduling
import Worker

/// Who looks at a node: a process of its own, so that its processor time is not the node's.
final class Scraper {
    struct Failure: Error, CustomStringConvertible {
        let description: String
    }

    private let spawner: HostSpawner
    private let process: Host

    /// Waits for the node's HTTP server and asks it from then on.
    init(of node: Node) throws {
        guard let own = ExecutablePath.beside("optimizer-bench"), let launcher = ExecutablePath.beside("optimizer-host")
        else { throw Failure(description: "cannot find out where this program lies") }
        let deadline = MonotonicTime.now().adding(milliseconds: 10_000)
        let wake = try WakeDescriptor()
        while node.httpPort == nil, MonotonicTime.now() < deadline {
            _ = wake.wait(until: .now().adding(milliseconds: 10))
        }
        guard let port = node.httpPort else { throw Failure(description: "the node has no HTTP server") }
        spawner = try HostSpawner(launcher: launcher)
        process = try spawner.spawn(HostCommand(executable: own, arguments: ["scrape", "--port", "\(port)"]))
        _ = try process.awaitReady(until: deadline)
    }

    func stop() {
        _ = process.kill()
        spawner.stop()
    }

    /// Asks for both pages every second until its input ends.
    static func serve(_ words: [String]) -> Int32 {
        let port = number(after: "--port", in: words, default: 9464)
        do {
            _ = try PermanentThread(name: "scrape") {
                while true {
                    let deadline = MonotonicTime.now().adding(milliseconds: 1000)
                    for path in ["/metrics", "/status"] {
                        _ = try? LocalHTTP.get(host: "127.0.0.1", port: port, path: path, until: deadline)
                    }
                    _ = poll(nil, 0, Int32(max(0, deadline.milliseconds(since: .now()))))
                }
            }
        } catch {
            StandardError.write("optimizer-bench scrape: \(error)")
            return ExitCode.failure
        }
        return HostLoop.serve(ready: Array("{}".utf8)) { _ in Array("{}".utf8) }
    }
}
