import Messages

/// How much of a sweep's best result is luck: the steps' parts put together.
struct SweepLuck {
    /// Sets that were tried: a figure that is the best of many is good by chance.
    private let tried: Int
    private let sharpe: SharpeSums
    private let best: (index: Int, moments: ReturnMoments)?
    private let overfitting: Overfitting?
    private let periods: Int

    /// - Parameters:
    ///   - steps: in the order of their numbers.
    ///   - best: the number of the best set of all; nil where none is ranked.
    init(_ steps: [StepLuck], best: Int?, tried: Int) {
        self.tried = tried
        sharpe = steps.reduce(into: SharpeSums()) { $0.add($1.sharpe) }
        self.best = steps.lazy.compactMap(\.best).first { $0.index == best }
        let blocks = steps.first { !$0.periods.isEmpty }
        periods = blocks?.periods.reduce(0, &+) ?? 0
        // What came of other blocks could not be compared.
        let alike = steps.filter { $0.periods == blocks?.periods }
        let returns = alike.flatMap { step in step.sampled.indices.map { step.returns($0) } }.prefix(SetSample.most)
        overfitting = blocks.flatMap { Overfitting(Array(returns), periods: $0.periods, riskFree: $0.riskFree) }
    }
}

extension JSONWriter {
    mutating func luck(_ luck: SweepLuck?) {
        name("luck")
        guard let luck else { return null() }
        luck.write(to: &self)
    }
}

extension SweepLuck {
    fileprivate func write(to json: inout JSONWriter) {
        json.beginObject()
        json.member("sets_tried", tried)
        json.member("sharpe_sets", sharpe.sets)
        json.member("sharpe_variance", sharpe.variance)
        json.name("best")
        writeBest(to: &json)
        json.name("overfitting")
        writeOverfitting(to: &json)
        json.endObject()
    }

    private func writeBest(to json: inout JSONWriter) {
        guard let best else { return json.null() }
        let expected = expectedBestSharpe(of: tried, variance: sharpe.variance)
        json.beginObject()
        json.member("index", best.index)
        json.moments(best.moments)
        json.member("probabilistic_sharpe_ratio", best.moments.probabilistic())
        json.member("expected_best_sharpe_ratio", expected)
        json.member("deflated_sharpe_ratio", best.moments.probabilistic(above: expected))
        json.endObject()
    }

    private func writeOverfitting(to json: inout JSONWriter) {
        guard let overfitting else { return json.null() }
        json.beginObject()
        json.member("probability", overfitting.probability)
        json.member("mean_logit", overfitting.meanLogit)
        json.member("splits", overfitting.splits)
        json.member("blocks", ReturnBlocks.count)
        json.member("periods", periods)
        json.member("sets_compared", overfitting.sets)
        json.endObject()
    }
}
