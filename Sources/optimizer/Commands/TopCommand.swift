import Configuration
import Scheduling
import System
import Worker

/// `optimizer top`: all nodes, live.
enum TopCommand: Command {
    static let name = "top"
    static let summary = "live view of all nodes, from the metrics topic; with --http as a page"
    static let help = """
        optimizer top [--once] [--sort KEY]
        optimizer top --http [HOST:]PORT

        A line for every node that publishes metrics events: what it runs, its queue, paused of its partitions,
        throughput, P95 of its steps, lag; and one for every strategy, with the highest P50 and P95 of the nodes'. A
        node not heard of for three of its intervals is stale. Keys: n t l p d sort by name, throughput, lag, P95,
        queue depth; r turns the order round; q ends it.

        --http shows the group as a page instead, until SIGTERM or SIGINT: also every partition with its lag and who has
        it, the brokers, strategies kept back, and the last 15 minutes as curves. Without HOST only this machine sees it.
        The page asks for no password: put what does in front of it, where others may look.

        Exit codes: 0 done; 1 with --once, no node was heard of; 69 no broker answers; 78 the topic is missing, or the
        address cannot be listened on.
        """
    static let options =
        ConfigurationOptions.all + [
            ConfigurationOptions.topic,
            Option("once", "prints the table once, when every node has had time to be heard"),
            Option("sort", value: "KEY", "n, t, l, p or d, as the keys (n)"),
            Option(
                "http", value: "[HOST:]PORT", "shows the group as a page there (HOST 127.0.0.1; PORT 0: any free one)"),
        ]

    private static let redrawMs = 250
    private static let turnMs: Int32 = 50
    /// With --once: so long a first event is waited for.
    private static let patienceMs = 20_000
    private static let longestAwaitedIntervalMs = 50_000

    static func run(_ arguments: Arguments) throws(CommandFailure) -> Int32 {
        try arguments.expectPositional(0...0, "nothing")
        let order = try order(arguments)
        if let address = try address(arguments) {
            let signals = SignalWait()
            var reader = try FleetReader(
                KafkaConnection(arguments, topic: \.metrics), historyMs: FleetHistory.lengthMs)
            return try FleetServer.run(&reader, at: address, signals)
        }
        guard arguments.has("once") || Terminal.isUsable else {
            throw .usage("standard output is no terminal to draw on; --once prints the table once")
        }
        // Before any thread: what is blocked here is blocked in all of them.
        let signals = SignalWait()
        var reader = try FleetReader(KafkaConnection(arguments, topic: \.metrics))
        if arguments.has("once") { return try printOnce(&reader, order, signals) }
        guard let screen = Screen() else { throw .usage("standard output is no terminal to draw on") }
        defer { screen.close() }
        return try show(&reader, on: screen, order, signals)
    }

    private static func order(_ arguments: Arguments) throws(CommandFailure) -> FleetOrder {
        guard let key = arguments.value("sort") else { return .name }
        guard key.count == 1, let order = key.first.flatMap(FleetOrder.init) else {
            throw .usage("--sort is \(key), must be one of n, t, l, p, d")
        }
        return order
    }

    /// - Returns: nil where no page is asked for.
    private static func address(_ arguments: Arguments) throws(CommandFailure) -> HTTPAddress? {
        guard let text = arguments.value("http") else { return nil }
        guard !arguments.has("once"), !arguments.has("sort") else {
            throw .usage("--http shows a page: it goes with neither --once nor --sort")
        }
        return try HTTPListening.address(
            UInt16(text) == nil ? text : "127.0.0.1:\(text)", also: ", or a port alone for 127.0.0.1")
    }

    private static func show(
        _ reader: inout FleetReader, on screen: Screen, _ first: FleetOrder, _ signals: SignalWait
    ) throws(CommandFailure) -> Int32 {
        var order = first
        var isReversed = false
        var nextDrawing = MonotonicTime.now()
        var drawnSize = screen.size
        while signals.arrived() == nil {
            try reader.read(timeoutMs: turnMs)
            for key in screen.keys() {
                switch key {
                case .interrupt, .character("q"): return ExitCode.success
                case .character("r"): isReversed.toggle()
                case .character(let character): order = FleetOrder(rawValue: character) ?? order
                }
                nextDrawing = .now()
            }
            let now = MonotonicTime.now()
            guard now >= nextDrawing || screen.size != drawnSize else { continue }
            nextDrawing = now.adding(milliseconds: redrawMs)
            drawnSize = screen.size
            reader.forgetGone()
            let table = FleetTable(fleet: reader.fleet, order: order, isReversed: isReversed, now: now)
            screen.draw(lines(table, reader.problem, drawnSize))
        }
        return ExitCode.success
    }

    private static func lines(_ table: FleetTable, _ problem: String?, _ size: Terminal.Size) -> [ScreenLine] {
        let keys = FleetOrder.allCases.map { "\($0.rawValue) \($0.title)" }.joined(separator: "  ")
        let footer = problem.map { ScreenLine($0, .bad) } ?? ScreenLine("sort: \(keys)   r reverse  q quit", .dim)
        let title = ScreenLine(" optimizer top ", .inverse).adding("  by \(table.order.title)")
            .adding(table.isReversed ? ", reversed" : "")
            .adding(table.fleet.isEmpty ? "   no node has been heard of yet" : "", .warning)
        // The title, an empty line below it, and the footer with one above it are not the table's.
        let body = Array(table.lines(rows: size.rows - 4, width: size.columns).prefix(max(0, size.rows - 3)))
        let gap = max(0, size.rows - 3 - body.count)
        return [title, ScreenLine()] + body + Array(repeating: ScreenLine(), count: gap) + [footer]
    }

    /// Prints the table once every node that is there must have been heard: after one interval of the slowest.
    private static func printOnce(
        _ reader: inout FleetReader, _ order: FleetOrder, _ signals: SignalWait
    ) throws(CommandFailure) -> Int32 {
        let deadline = MonotonicTime.now().adding(milliseconds: patienceMs)
        while true {
            guard signals.arrived() == nil else { return ExitCode.interrupted }
            try reader.read(timeoutMs: turnMs)
            let now = MonotonicTime.now()
            if let first = reader.fleet.firstHeardAt {
                // One record of somebody's that claims an hour must not hold this up.
                let interval = min(reader.fleet.longestIntervalMs, longestAwaitedIntervalMs)
                guard !reader.isCaughtUp || now < first.adding(milliseconds: interval * 6 / 5) else { break }
            } else if now >= deadline {
                throw CommandFailure(
                    "no node has been heard of within \(patienceMs / 1000) s" + (reader.problem.map { ": \($0)" } ?? "")
                )
            }
        }
        let table = FleetTable(fleet: reader.fleet, order: order, isReversed: false, now: .now())
        try DataWriter.write(table.lines().map { $0.text })
        return ExitCode.success
    }
}
