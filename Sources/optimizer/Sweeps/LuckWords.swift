import Messages

/// Whether the best of a sweep may be luck, in words for a terminal and for the page.
struct LuckWords {
    private let best: JSONValue?
    private let overfitting: JSONValue?
    private let tried: Int

    /// - Parameter luck: of a merged result.
    /// - Returns: nil where a step does not tell it.
    init?(_ luck: JSONValue?) {
        guard let luck, luck.members != nil else { return nil }
        best = luck["best"]
        overfitting = luck["overfitting"]
        tried = luck["sets_tried"]?.integer ?? 0
    }

    /// Each a sentence without its end.
    var sentences: [String] { [sharpe, splits].compactMap { $0 } }

    private var sharpe: String? {
        guard let sure = best?["probabilistic_sharpe_ratio"]?.double else { return nil }
        let alone = "that the best set's Sharpe ratio is above 0 is \(Self.percent(sure)) sure, had it alone been tried"
        guard let deflated = best?["deflated_sharpe_ratio"]?.double else { return alone }
        return alone + ", and \(Self.percent(deflated)) sure after \(tried) sets"
    }

    private var splits: String? {
        guard let probability = overfitting?["probability"]?.double, let splits = overfitting?["splits"]?.integer,
            let sets = overfitting?["sets_compared"]?.integer
        else { return nil }
        let of = sets < tried ? "\(sets) of the \(tried) sets" : "the \(sets) sets"
        return "in \(Self.percent(probability)) of \(splits) ways to split the past, the best of \(of) in one half was "
            + "no better than the middle of them in the other (50 % is choosing blindly)"
    }

    /// Never more sure than it is: 99.96 % is 99.9 %.
    static func percent(_ part: Double) -> String {
        guard part.isFinite, (0...1).contains(part) else { return "- %" }
        return ((part * 1000).rounded(.down) / 10).fixed(1) + " %"
    }
}
