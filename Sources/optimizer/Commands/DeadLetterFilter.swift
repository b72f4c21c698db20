import Kafka
import Messages
import Worker

/// Which dead letters a command is about: all that every option given lets through.
struct DeadLetterFilter {
    static let options = [
        Option("code", value: "CODE", "only those refused for this, such as unknown_dataset; may be given often"),
        Option("request", value: "ID", "only those of this request; may be given often"),
        Option("strategy", value: "NAME", "only those of this strategy; may be given often"),
        Option("since", value: "TIME", "only those refused since then: 2026-01-31T09:30:00Z, or 90s, 30m, 12h, 7d ago"),
    ]

    private let codes: Set<String>
    private let requests: Set<String>
    private let strategies: Set<String>
    private let since: Timestamp?

    init(_ arguments: Arguments) throws(CommandFailure) {
        codes = Set(arguments.all("code"))
        requests = Set(arguments.all("request"))
        strategies = Set(arguments.all("strategy"))
        since = try arguments.time("since")
    }

    /// Whether it lets everything through.
    var isEmpty: Bool { codes.isEmpty && requests.isEmpty && strategies.isEmpty && since == nil }

    func takes(_ letter: DeadLetterRecord) -> Bool {
        guard codes.isEmpty || codes.contains(letter.code ?? "") else { return false }
        if let since, let stamp = letter.record.timestampMs, stamp < since.milliseconds { return false }
        guard !requests.isEmpty || !strategies.isEmpty else { return true }
        let (request, strategy) = letter.names
        return (requests.isEmpty || request.map(requests.contains) == true)
            && (strategies.isEmpty || strategy.map(strategies.contains) == true)
    }
}
