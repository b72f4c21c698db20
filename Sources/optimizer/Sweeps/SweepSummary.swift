import Messages
import Strategies

/// What became of a sweep's sets, in words for a terminal and for the page.
struct SweepSummary {
    let merged: JSONValue

    private var top: [JSONValue] { merged["top"]?.elements ?? [] }
    private func count(_ name: String) -> Int { merged["counts"]?[name]?.integer ?? 0 }

    /// How many sets were evaluated, skipped, and so on.
    var counts: String {
        "sets: " + SweepMerge.countNames.map { "\(count($0)) \($0)" }.joined(separator: ", ")
    }

    /// Why the first of the failed sets could not run; nil where none failed.
    var firstFailure: String? {
        guard let failure = merged["first_failure"], let message = failure["message"]?.string else { return nil }
        return
            "set \(failure["index"]?.integer ?? 0) could not run (\(failure["code"]?.string ?? "unknown")): \(message)"
    }

    /// That sets could not pay for an order; nil where all could.
    var droppedOrders: String? { DroppedWords.of(merged["dropped_orders"]) }

    /// Over which data sets sets are ranked by what; nil of one.
    var datasets: String? {
        guard let data = merged["data"]?.elements, let aggregate = merged["objective"]?["aggregate"]?.string else {
            return nil
        }
        let names = data.prefix(10).map { $0["dataset"]?.string ?? "inline bars" }
        return "ranked by the \(aggregate) of \(merged["objective"]?["target"]?.string ?? "the objective") over "
            + "\(data.count) data sets: \(names.joined(separator: ", "))\(data.count > names.count ? ", …" : "")"
    }

    /// How good the sets around the best one are; nil where no heat map tells it.
    var plateau: String? {
        guard let plateau = merged["plateau"], let neighbours = plateau["neighbours"]?.integer, neighbours > 0 else {
            return nil
        }
        let valued = plateau["with_value"]?.integer ?? 0
        let objective = merged["objective"]?["target"]?.string ?? "objective"
        let best = FigureText.fixed(top.first?["objective"]?.double, 4)
        guard valued > 0 else {
            return "none of the \(neighbours) sets around the best one has a value of \(objective): it stands alone"
        }
        let median = FigureText.fixed(plateau["objective_median"]?.double, 4)
        return "around the best set, with a \(objective) of \(best), the median is \(median) (\(valued) of its "
            + "\(neighbours) neighbours have a value)"
    }

    /// Whether the best set may be luck; nothing where a step does not tell it.
    var luck: [String] { LuckWords(merged["luck"])?.sentences ?? [] }

    /// Why no set is ranked; nil where one is.
    var whyNoneIsRanked: String? {
        guard top.isEmpty else { return nil }
        guard (merged["steps"]?["completed"]?.integer ?? 0) > 0 else { return "No set is ranked: no step is complete." }
        let reasons = [
            ("skipped", "broke parameter_constraints or a rule of the strategy"), ("failed", "could not run"),
            ("constraint_rejected", "did not satisfy the constraints"), ("undefined", "gave the objective no value"),
        ]
        let parts = reasons.compactMap { name, words in count(name) > 0 ? "\(count(name)) \(words)" : nil }
        return "No set is ranked: " + (parts.isEmpty ? "none was evaluated." : parts.joined(separator: ", ") + ".")
    }

    /// Whether the sweep asked for an out-of-sample part.
    var asksForOutOfSample: Bool {
        merged["out_of_sample"]?.members != nil || top.contains { $0["out_of_sample"]?.members != nil }
    }

    /// Why the best sets have no figures out of sample though they were asked for; nil where one has them.
    var whyNoneIsOutOfSample: String? {
        guard asksForOutOfSample, !top.isEmpty, top.allSatisfy({ $0["out_of_sample"]?.members == nil }) else {
            return nil
        }
        let part = merged["out_of_sample"]
        return "The out-of-sample part, from \(part?["start"]?.string ?? "its start") on, has "
            + "\(part?["bars"]?.integer ?? 0) bars: too few for the best sets to trade. Take an earlier start or "
            + "shorter periods."
    }
}
