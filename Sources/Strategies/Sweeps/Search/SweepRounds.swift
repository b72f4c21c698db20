package import Messages

/// A sweep whose sets follow from the results of those before: it is asked for a round of them, nodes run it, and it is
/// told what they have found (the tree-structured Parzen estimator of Bergstra et al. 2011, `ParzenEstimator`).
///
/// What a round asks for follows from the seed and from what was told of the rounds before, in whatever order: who
/// begins again goes on with the same sets.
package struct SweepRounds: Sendable {
    /// A set that was run.
    private struct Trial {
        let set: Int
        let positions: [Int]
        /// NaN: it has no value, a constraint turned it down, or it could not run.
        let value: Double
    }

    package let plan: SweepPlan
    /// By the steps' numbers.
    private var trials: [Int: [Trial]] = [:]

    /// How many values of an axis are drawn, of which the most promising is taken.
    private static let candidates: UInt64 = 24
    /// How often a set is drawn anew that breaks a rule or was run before.
    private static let draws: UInt64 = 100
    /// How many numbers are looked at, with all their draws, for a set by chance.
    private static let others = 200

    /// - Returns: nil where no set depends on others.
    package init?(_ plan: SweepPlan) {
        guard plan.sweep.search.perRound != nil else { return nil }
        self.plan = plan
    }

    /// How many steps a round has; the last one may have fewer.
    private var stepsPerRound: Int { (plan.sweep.search.perRound ?? 1) / plan.setsPerStep }

    package var roundCount: Int { (plan.stepCount + stepsPerRound - 1) / stepsPerRound }

    package func steps(ofRound round: Int) -> Range<Int> {
        let first = round * stepsPerRound
        return first..<min(first + stepsPerRound, plan.stepCount)
    }

    /// The round that is to be run; nil where all are.
    package var current: Int? {
        (0..<roundCount).first { round in steps(ofRound: round).contains { trials[$0] == nil } }
    }

    package func isTold(_ step: Int) -> Bool { trials[step] != nil }

    /// Takes the result of a completed step.
    ///
    /// - Throws: that it is none of this sweep's.
    package mutating func tell(_ result: JSONValue, step: Int) throws(RequestProblem) {
        guard (0..<plan.stepCount).contains(step) else { throw unrelated(step) }
        let sets = plan.sets(ofStep: step)
        guard let entries = result["heatmap"]?.elements, entries.count == sets.count else { throw unrelated(step) }
        var trials: [Trial] = []
        for (set, entry) in zip(sets, entries) {
            guard let elements = entry.elements, elements.count == 3, elements[0].integer == set,
                let positions = plan.sweep.positions(elements[2])
            else { throw unrelated(step) }
            trials.append(Trial(set: set, positions: positions, value: elements[1].double ?? .nan))
        }
        self.trials[step] = self.trials[step] ?? trials
    }

    private func unrelated(_ step: Int) -> RequestProblem {
        RequestProblem(
            .invalidData,
            "the result of step \(step) of sweep \(plan.id) is not of the sets that it asks for; submit the sweep under "
                + "another id")
    }

    /// The steps of a round, each with its request. All rounds before have to be told.
    package func requests(ofRound round: Int) -> [(step: Int, request: [UInt8])] {
        let steps = steps(ofRound: round)
        let first = plan.sets(ofStep: steps.lowerBound).lowerBound
        let sets = sets(from: first, count: plan.sets(ofStep: steps.upperBound - 1).upperBound - first)
        return steps.map { step in
            let own = plan.sets(ofStep: step)
            return (step, plan.request(step: step, sets: own.map { sets[$0 - first] }))
        }
    }

    private func sets(from first: Int, count: Int) -> [[Int]] {
        let known = trials.filter { $0.key < first / plan.setsPerStep }.flatMap(\.value)
        var seen = Set(known.map(\.positions))
        var (good, others) = split(known)
        let best = estimators(good)
        return (first..<first + count).map { set in
            // Where no set has a value there is nothing to learn from.
            let learned = good.isEmpty ? nil : next(set, best, estimators(others), seen)
            let positions = learned ?? unseen(set, seen)
            seen.insert(positions)
            // The sets of one round know nothing of each other's values: taken for bad ones they keep apart.
            others.append(positions)
            return positions
        }
    }

    /// The best tenth, 25 at most, and the others.
    private func split(_ trials: [Trial]) -> (good: [[Int]], others: [[Int]]) {
        let objective = plan.sweep.objective
        let ranked = trials.sorted { objective.ranks(($0.value, $0.set), before: ($1.value, $1.set)) }
        let good = ranked.prefix(min(25, (ranked.count + 9) / 10)).prefix { !$0.value.isNaN }
        return (good.map(\.positions), ranked[good.count...].map(\.positions))
    }

    /// One for each axis.
    private func estimators(_ sets: [[Int]]) -> [ParzenEstimator] {
        plan.sweep.axes.enumerated().map { index, axis in
            ParzenEstimator(sets.map { $0[index] }, count: axis.count, isList: axis.isList)
        }
    }

    /// A set that promises much; nil where all that were drawn break a rule or were seen.
    private func next(
        _ set: Int, _ good: [ParzenEstimator], _ others: [ParzenEstimator], _ seen: Set<[Int]>
    ) -> [Int]? {
        for draw in 0..<Self.draws {
            let positions = plan.sweep.axes.indices.map { axis in
                promising(good[axis], others[axis], key: key(set, draw, axis))
            }
            if !seen.contains(positions), plan.sweep.admits(positions) { return positions }
        }
        return nil
    }

    /// Of the values drawn from where the best sets are, the one that is likeliest there against where the others are:
    /// the expected improvement is the largest where that quotient is.
    private func promising(_ good: ParzenEstimator, _ others: ParzenEstimator, key: UInt64) -> Int {
        var best = (position: 0, quotient: -Double.infinity)
        for candidate in 0..<Self.candidates {
            let position = good.draw(
                Self.fraction(SplitMix64.number(2 * candidate, of: key)),
                Self.fraction(SplitMix64.number(2 * candidate + 1, of: key)))
            let quotient = good.density(position) / others.density(position)
            if quotient > best.quotient { best = (position, quotient) }
        }
        return best.position
    }

    /// A set by chance that was not run before and breaks no rule, where one is found.
    private func unseen(_ set: Int, _ seen: Set<[Int]>) -> [Int] {
        let sweep = plan.sweep
        for offset in 0..<min(sweep.setCount, Self.others) {
            for positions in sweep.drawn((set + offset) % sweep.setCount)
            where !seen.contains(positions) && sweep.admits(positions) {
                return positions
            }
        }
        return sweep.positions(of: set)
    }

    private func key(_ set: Int, _ draw: UInt64, _ axis: Int) -> UInt64 {
        let seed = SplitMix64.number(UInt64(set), of: UInt64(plan.sweep.search.seed ?? 0))
        return SplitMix64.number(UInt64(axis), of: SplitMix64.number(draw, of: seed))
    }

    /// From 0 to below 1, in 2^53 parts.
    private static func fraction(_ number: UInt64) -> Double { Double(number >> 11) * 0x1p-53 }
}
