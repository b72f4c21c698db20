import Kafka
import Messages

/// Writes the results that are asked for, as they come.
struct ResultPrinter {
    /// Requests whose result has not come.
    private(set) var missing: Set<String>
    private(set) var shown = 0
    /// Records that are no results.
    private(set) var foreign = 0
    private let requests: Set<String>
    private let count: Int?
    private let isJSON: Bool
    private var writer = DataWriter()
    private let table = Table([
        .left("REQUEST", 24), .left("STATUS", 17), .left("STRATEGY", 20), .right("RETURN %", 10), .right("SHARPE", 8),
        .right("MAX DD %", 9), .right("TRADES", 6), .right("MS", 9), .left("PARAMETERS, OR WHAT WAS WRONG"),
    ])

    /// - Parameters:
    ///   - requests: only theirs; empty: all.
    ///   - count: how many to show; nil: no end.
    init(requests: Set<String>, count: Int?, isJSON: Bool) {
        self.requests = requests
        self.count = count
        self.isJSON = isJSON
        missing = requests
    }

    /// - Returns: false when everything that was asked for has been shown.
    mutating func take(_ event: TopicScan.Event) throws(CommandFailure) -> Bool {
        switch event {
        case .record(let record): try show(record)
        case .lull, .caughtUp: try writer.flush()
        }
        if let count, shown >= count { return false }
        return requests.isEmpty || !missing.isEmpty
    }

    mutating func finish() throws(CommandFailure) { try writer.flush() }

    private mutating func show(_ record: KafkaRecord) throws(CommandFailure) {
        guard let value = record.value, let result = try? JSONValue.parse(value),
            let id = result["request_id"], let status = result["status"]?.string
        else {
            foreign += 1
            return
        }
        if !requests.isEmpty {
            guard let id = id.string, requests.contains(id) else { return }
            missing.remove(id)
        }
        if shown == 0, !isJSON { try writer.line(table.header) }
        shown += 1
        try isJSON ? writer.line(JSONLine.of(value)) : writer.line(table.row(cells(id, status, result)))
    }

    private func cells(_ id: JSONValue, _ status: String, _ result: JSONValue) -> [String] {
        let strategy = result["strategy"]
        let statistics = result["statistics"]
        func number(_ name: String) -> String { FigureText.fixed(statistics?[name]?.double, 2) }
        return [
            id.string ?? "-", status, strategy?["name"]?.string ?? "-", number("return_pct"), number("sharpe_ratio"),
            number("max_drawdown_pct"), statistics?["trade_count"]?.integer.map(String.init) ?? "-",
            FigureText.fixed(result["timing"]?["total_ms"]?.double, 1), remark(result),
        ]
    }

    private func remark(_ result: JSONValue) -> String {
        if let message = result["error"]?["message"]?.string { return message }
        let parameters = result["strategy"]?["parameters"]?.members ?? []
        let given = parameters.map { "\($0.name)=\($0.value.string ?? $0.value.text)" }.joined(separator: " ")
        return [DroppedWords.of(result["dropped_orders"]), given].compactMap { $0 }.joined(separator: "; ")
    }
}

/// A JSON document on one line.
enum JSONLine {
    /// - Parameter document: well-formed; so what ends a line in it is white space between values, and nothing else.
    static func of(_ document: some Collection<UInt8>) -> [UInt8] {
        let ends: Set<UInt8> = [0x0A, 0x0D]
        let escaped = document.escapedJSONForTerminal
        guard escaped.contains(where: { ends.contains($0) }) else { return escaped }
        return escaped.map { ends.contains($0) ? 0x20 : $0 }
    }
}
