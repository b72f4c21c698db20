import Hosting
import Messages
import Scheduling

extension StepReporter {
    /// Lines of one host's `log` that one step may write.
    static let maximumLogLines = 100

    /// Puts what the host says for the log there, until somebody else listens.
    func listen(to host: Host, strategy: String, step: Step?) {
        var count = 0
        let pid = host.pid
        host.interim = { [log] line in
            guard let said = HostLogLine(line) else { return false }
            count += 1
            guard count <= Self.maximumLogLines + 1 else { return true }
            let isLast = count > Self.maximumLogLines
            log.line(
                Log.Level(said.level), "host says",
                [
                    JSONMember("line", .string(isLast ? "… and more lines, which are dropped" : said.message)),
                    JSONMember("host", .integer(Int(pid))), JSONMember("strategy", .string(strategy)),
                ] + step.logMembers, kind: "host says \(strategy)")
            return true
        }
    }

    /// A host was lost or could not be had while it had no step.
    func externalHostLost(_ strategy: String, reason: String, _ description: String) {
        metrics.hostLost(reason: reason)
        errors.note("host_lost", description, strategy: strategy)
        let details = [
            JSONMember("strategy", .string(strategy)), JSONMember("reason", .string(reason)),
            JSONMember("detail", .string(description)),
        ]
        log.line(.warning, "host lost", details)
        events.publish(.hostLost, details)
    }
}

extension Log.Level {
    init(_ level: HostLogLine.Level) {
        self =
            switch level {
            case .debug: .debug
            case .info: .info
            case .warning: .warning
            case .error: .error
            }
    }
}
