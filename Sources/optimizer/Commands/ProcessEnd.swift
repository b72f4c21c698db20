import Glibc
import Hosting
import Messages
import Scheduling
import System
import Worker

/// The end of a node's process. It does not depend on anything that may never come: not on threads that sit in calls
/// to brokers and disks, which `exit` would run into with its destructors, and not on whoever reads the log.
struct ProcessEnd {
    /// What the node needs for its end beside the drain: the last commit and the goodbye to the group 4 s, the word of
    /// how it ended 1 s where the disk hangs, the threads and clients 3 s and a little for each that was held up. So long
    /// after the drain the process is ended whatever its threads do.
    static let graceMs = 10_000
    private static let logMs = 1000
    private static let hostsMs = 500

    private let lines: LogQueue
    let record: RunRecord

    init(_ lines: LogQueue, _ record: RunRecord) {
        self.lines = lines
        self.record = record
    }

    /// Ends the process: the hosts, then what the log still holds, as far as it is read, then everything.
    func now(_ code: Int32) -> Never {
        HostSpawner.killAll(withinMs: Self.hostsMs)
        lines.close(withinMs: Self.logMs)
        _exit(code)
    }

    func now(_ end: NodeEnd.Reason, _ code: Int32, _ why: String, _ log: Log) -> Never {
        record.note(NodeEnd(end, exitCode: code, time: .now(), detail: why))
        log.error(why, JSONMember("exit_code", .integer(Int(code))))
        now(code)
    }

    /// Says why the node could not run, where somebody reads it, and ends the process.
    func now(_ failure: NodeFailure) -> Never {
        record.note(NodeEnd(failure, time: .now()))
        HostSpawner.killAll(withinMs: Self.hostsMs)
        lines.close(withinMs: Self.logMs, saying: Output.escapedLines("optimizer run: \(failure.description)"))
        _exit(failure.code)
    }

    /// Ends the process should the end of the node, once begun, not be over in time.
    ///
    /// - Parameter drainMs: what the drain may take.
    /// - Throws: `SystemFailure` when the system gives no thread or descriptor.
    func watch(_ stop: StopRequest, within drainMs: Int) throws(SystemFailure) {
        let wake = try WakeDescriptor()
        stop.whenEnding { wake.signal() }
        _ = try PermanentThread(name: "end-watch") {
            _ = wake.wait(until: nil)
            _ = wake.wait(until: .now().adding(milliseconds: drainMs + Self.graceMs))
            let why = "the end has taken too long and is cut short"
            now(.failed, ExitCode.software, why, Log(lines, minimum: .error))
        }
    }
}
