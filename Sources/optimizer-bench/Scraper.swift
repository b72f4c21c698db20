import Glibc
import Messages
import Scheduling
import System
import Worker

/// Who looks at a node: a process of its own, so that its processor time is not the node's.
final class Scraper {
    private let process: BenchProcess

    /// Waits for the node's HTTP server and asks it from then on.
    init(of node: Node) throws {
        let deadline = MonotonicTime.now().adding(milliseconds: 10_000)
        let wake = try WakeDescriptor()
        while node.httpPort == nil, MonotonicTime.now() < deadline {
            _ = wake.wait(until: .now().adding(milliseconds: 10))
        }
        guard let port = node.httpPort else { throw BenchProcess.Failure(description: "the node has no HTTP server") }
        process = try BenchProcess(["scrape", "--port", "\(port)"])
    }

    func stop() { process.stop() }

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
        return BenchProcess.serve(ready: .object([])) { _ in .object([]) }
    }
}
