import Messages

/// Trades what was computed elsewhere: a position per bar, or lists of bars to go in and out at.
struct Signals: TradingStrategy {
    let descriptor = StrategyDescriptor(
        name: "signals",
        summary: "Trades positions computed elsewhere: target (a position per bar), or lists of bars to go in and out.",
        parameters: [
            list("target", "the position wanted after each bar: 1 long, 0 out, -1 short; as many as there are bars"),
            list("entries", "bars (from 0) after which to go long"),
            list("exits", "bars after which to leave a long position"),
            list("short_entries", "bars after which to go short"),
            list("short_exits", "bars after which to leave a short position"),
        ] + CommonParameter.exits)

    private static func list(_ name: String, _ summary: String) -> ParameterSpecification {
        ParameterSpecification(name, .numbers(maximumCount: 200_000), default: .array([]), summary)
    }

    func conflict(in parameters: Parameters) -> String? {
        let hasTarget = !parameters.list("target").isEmpty
        let given = ["entries", "exits", "short_entries", "short_exits"].filter { !parameters.list($0).isEmpty }
        if hasTarget, let list = given.first {
            return "target says when to go in and out, and \(list) says it too; give one of them"
        }
        let hasEntries = given.contains("entries") || given.contains("short_entries")
        if !hasTarget, !hasEntries { return "one of target, entries and short_entries must be given" }
        return nil
    }

    func indicators(_ parameters: Parameters) -> [Indicator] { [] }

    func trade(_ parameters: Parameters, in backtest: inout Backtest) throws(RequestProblem) {
        let bars = backtest.bars.count
        if parameters.list("target").isEmpty {
            backtest.follow(MarkRule(try marks(parameters, bars: bars)))
        } else {
            backtest.follow(TargetRule(try target(parameters, bars: bars)))
        }
    }

    private func target(_ parameters: Parameters, bars: Int) throws(RequestProblem) -> [Int8] {
        let values = parameters.list("target")
        guard values.count == bars else {
            throw RequestProblem(
                .invalidParameters,
                "strategy.parameters.target has \(values.count) positions and the data \(bars) bars; give one per bar")
        }
        var target: [Int8] = []
        target.reserveCapacity(bars)
        for (index, value) in values.enumerated() {
            guard let position = value.integer, (-1...1).contains(position) else {
                throw RequestProblem(
                    .invalidParameters,
                    "strategy.parameters.target[\(index)] is \(value.text), must be 1 (long), 0 (out) or -1 (short)")
            }
            target.append(Int8(position))
        }
        return target
    }

    private func marks(_ parameters: Parameters, bars: Int) throws(RequestProblem) -> [Marks] {
        var marks = [Marks](repeating: [], count: bars)
        for (name, mark) in Marks.byName {
            for (index, value) in parameters.list(name).enumerated() {
                guard let bar = value.integer, (0..<bars).contains(bar) else {
                    throw RequestProblem(
                        .invalidParameters,
                        "strategy.parameters.\(name)[\(index)] is \(value.text), must be a bar from 0 to \(bars - 1)")
                }
                marks[bar].insert(mark)
            }
        }
        return marks
    }
}
