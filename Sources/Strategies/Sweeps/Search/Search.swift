import Messages

/// How a sweep goes through its grid.
struct Search: Equatable, Sendable {
    enum Method: String, CaseIterable, Sendable {
        /// Every set.
        case grid
        /// Sets by chance.
        case random
        /// Sets by chance, of which every parameter's values are spread evenly (McKay, Beckman, Conover 1979).
        case latinHypercube = "latin_hypercube"
        /// Sets that are spread evenly over all parameters together.
        case sobol
        /// Sets that follow from the results of those before, in rounds (`SweepRounds`).
        case tpe
    }

    let method: Method
    /// The most that a grid may have, or how many sets are drawn.
    let maximum: Int
    /// nil: of a Sobol sequence that is not shifted, and of a grid.
    let seed: Int?
    /// How many sets are asked for at once; nil where all are.
    let perRound: Int?

    /// Each set is weighed against all before it.
    private static let mostInRounds = 10_000

    private static let seeds = 0...Sweep.largestInteger

    static let members = ["method", "max_evaluations", "seed", "per_round", "sets_per_step"]

    init(_ section: SectionReader) throws(RequestProblem) {
        method = try section.word("method", of: Method.allCases) ?? .grid
        let most = method == .tpe ? Self.mostInRounds : Sweep.maximumSets
        let maximum = try section.integer("max_evaluations", in: 1...most)
        guard method == .tpe || section["per_round"] == nil else {
            throw section.wrong("per_round", "left out: only the method \"tpe\" has rounds")
        }
        perRound = method == .tpe ? try section.integer("per_round", in: 1...SweepPlan.mostSetsPerStep) ?? 32 : nil
        let seed = try section.integer("seed", in: Self.seeds)
        guard method != .grid else {
            guard seed == nil else { throw section.wrong("seed", "left out: nothing is drawn from a grid") }
            (self.maximum, self.seed) = (maximum ?? Sweep.maximumSets, nil)
            return
        }
        guard let maximum else {
            throw section.wrong(
                "max_evaluations", "how many sets are to be drawn, an integer from 1 to \(most)")
        }
        (self.maximum, self.seed) = (maximum, method == .sobol ? seed : seed ?? 0)
    }

    /// Whether it takes sets from among those of the grid.
    var isDrawn: Bool { method != .grid }
}
