import Configuration
import Metrics
import Scheduling
import Synchronization
import System
import Worker

/// A fleet as a page: what the reader's thread has made of it last, for the server's.
final class FleetServer: Sendable {
    private static let turnMs: Int32 = 200
    /// As often as a page asks. It is made once in this time, however many look at it.
    private static let refreshMs = 1000

    private let status: Mutex<[UInt8]>

    private init(_ first: [UInt8]) { status = Mutex(first) }

    /// Serves until a signal comes.
    static func run(
        _ reader: inout FleetReader, at address: HTTPAddress, _ signals: SignalWait
    ) throws(CommandFailure) -> Int32 {
        let shown = FleetServer(status(of: reader))
        let endpoints = GroupEndpoints { shown.status.withLock { $0 } }
        let server = try HTTPListening.serve("the group", at: address, path: "/") { endpoints.answer($0) }
        defer { server.stop() }
        var next = MonotonicTime.now()
        while signals.arrived() == nil {
            try reader.read(timeoutMs: turnMs)
            let now = MonotonicTime.now()
            guard now >= next else { continue }
            next = now.adding(milliseconds: refreshMs)
            // While it reads what lay in the topic, its nodes are as old as that.
            if reader.isCaughtUp { reader.forgetGone() }
            let made = status(of: reader)
            shown.status.withLock { $0 = made }
        }
        return ExitCode.success
    }

    private static func status(of reader: borrowing FleetReader) -> [UInt8] {
        FleetStatus(
            fleet: reader.fleet, history: reader.history, topic: reader.topic,
            problem: reader.problem ?? (reader.isCaughtUp ? nil : "what lies in the topic is still being read"),
            now: .now()
        ).encoded()
    }
}
