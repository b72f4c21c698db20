import Glibc
package import Messages

/// A walk-forward put together: what was best in each window, what it then did, and all of that as one run.
package struct MergedWalkForward {
    package struct Window {
        package let number: Int
        /// The merged result of its sweep.
        package let merged: JSONValue
        /// Out of sample; nil where there is none, and why stands in `problem`.
        package let run: TradedRun?
        package let problem: String?

        package init(number: Int, merged: JSONValue, run: TradedRun?, problem: String?) {
            (self.number, self.merged, self.run, self.problem) = (number, merged, run, problem)
        }

        var best: JSONValue? { merged["top"]?.elements?.first }
        var hasResult: Bool { merged["steps"]?["completed"]?.integer ?? 0 > 0 }
    }

    package let id: String
    package let windows: [Window]
    package let joined: JoinedRuns?
    /// Why there is no joined run.
    package let problem: String?

    package init(id: String, windows: [Window], joined: JoinedRuns?, problem: String?) {
        (self.id, self.windows, self.joined, self.problem) = (id, windows, joined, problem)
    }

    /// The yearly return out of sample over that in sample, the mean over the windows' best sets; NaN where that is none
    /// to measure by, 0 or less.
    package var efficiency: Double {
        let judged = windows.compactMap { $0.best?["statistics"]?[Statistic.returnAnnPct.rawValue]?.double }
        guard joined != nil, !judged.isEmpty else { return .nan }
        let mean = judged.reduce(0, +) / Double(judged.count)
        return mean > 0 ? yearlyReturnPct / mean : .nan
    }

    /// Of the runs out of sample: in what lies between them nothing can be held, so that the joined equity, which stands still
    /// there, earns less in a year.
    private var yearlyReturnPct: Double {
        let runs = windows.compactMap(\.run)
        let periods = runs.reduce(0) { $0 + $1.bars.count - 1 }
        let growth = runs.reduce(1.0) { growth, run in
            growth * pow(1 + run.statistics.returnAnnPct / 100, Double(run.bars.count - 1) / Double(periods))
        }
        return (growth - 1) * 100
    }

    /// What the sweeps of all windows have in common.
    private static let shared = ["strategy", "account", "objective", "grid", "search", "engine"]

    /// Why the windows' results do not belong together, as those of two versions of the engine; nil where they do.
    package var conflict: RequestProblem? {
        let completed = windows.filter(\.hasResult)
        guard let first = completed.first else { return nil }
        for window in completed.dropFirst() {
            for name in Self.shared {
                let (one, other) = (first.merged[name] ?? .null, window.merged[name] ?? .null)
                guard one != other else { continue }
                return RequestProblem(
                    .invalidData,
                    "the windows of walk-forward \(id) do not belong together: window \(first.number) has \(name) "
                        + "\(one.text.prefix(300)), window \(window.number) \(other.text.prefix(300)); submit it again under "
                        + "another optimization_id")
            }
        }
        return nil
    }

    /// As JSON: the same bytes for the same results.
    package func json() -> [UInt8] {
        var json = JSONWriter(capacity: 16_384)
        json.beginObject()
        json.member("schema_version", StrategyRequest.schemaVersion)
        json.member("type", "walk_forward_merged")
        json.member("optimization_id", id)
        let frame = windows.first(where: \.hasResult)?.merged
        for name in Self.shared { json.member(name, frame?[name] ?? .null) }
        let data = frame?["data"]?.members?.filter { ["dataset", "timeframe", "version"].contains($0.name) }
        json.member("data", data.map { .object($0) } ?? .null)
        json.name("windows")
        json.beginArray()
        for window in windows { write(window, to: &json) }
        json.endArray()
        json.name("joined")
        if let joined { write(joined, to: &json) } else { json.null() }
        json.name("problem")
        if let problem { json.string(problem) } else { json.null() }
        json.endObject()
        return json.bytes
    }

    private func write(_ window: Window, to json: inout JSONWriter) {
        json.beginObject()
        json.member("number", window.number)
        json.member("optimization_id", WalkForwardPlan.sweepID(of: id, window: window.number))
        json.member("steps", window.merged["steps"] ?? .null)
        json.member("counts", window.merged["counts"] ?? .null)
        let names = ["start", "end", "bars", "warmup_bars"]
        let data = window.merged["data"]?.members?.filter { names.contains($0.name) }
        json.member("in_sample", data.map { .object($0) } ?? .null)
        let kept = ["index", "parameters", "objective", "statistics", "dropped_orders"]
        json.member(
            "best", window.best?.members.map { best in .object(best.filter { kept.contains($0.name) }) } ?? .null)
        json.name("out_of_sample")
        if let run = window.run { write(run, window, to: &json) } else { json.null() }
        json.name("problem")
        if let problem = window.problem { json.string(problem) } else { json.null() }
        json.endObject()
    }

    private func write(_ run: TradedRun, _ window: Window, to json: inout JSONWriter) {
        let target = window.merged["objective"]?["target"]?.string.flatMap(Statistic.init(rawValue:))
        json.beginObject()
        json.member("start", run.start)
        json.member("end", run.end)
        json.member("bars", run.bars.count)
        json.member("warmup_bars", run.warmUpBars)
        json.member("objective", target.map { run.statistics[$0] } ?? .nan)
        json.name("statistics")
        json.beginObject()
        json.statisticMembers(run.statistics)
        json.endObject()
        json.droppedOrders(run.dropped)
        json.endObject()
    }

    private func write(_ joined: JoinedRuns, to json: inout JSONWriter) {
        json.beginObject()
        json.member("start", joined.start)
        json.member("end", joined.end)
        json.member("bars", joined.times.count)
        json.engine(joined.engineVersion)
        json.member("walk_forward_efficiency", efficiency)
        json.name("statistics")
        json.beginObject()
        json.statisticMembers(joined.statistics)
        json.endObject()
        json.name("buy_and_hold")
        json.beginObject()
        json.statisticMembers(joined.holdStatistics)
        json.endObject()
        json.name("trades")
        json.trades(joined.trades) { joined.times[$0] }
        json.name("equity_curve")
        json.curve(joined.times, joined.equity)
        json.endObject()
    }
}
