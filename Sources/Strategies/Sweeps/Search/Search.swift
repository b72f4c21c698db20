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
    }

    let method: Method
    /// The most that a grid may have, or how many sets are drawn.
    let maximum: Int
    /// nil: of a Sobol sequence that is not shifted, and of a grid.
    let seed: Int?

    /// What every reader of JSON takes for an integer.
    private static let seeds = 0...9_007_199_254_740_991

    static let members = ["method", "max_evaluations", "seed", "sets_per_step"]

    init(_ section: SectionReader) throws(RequestProblem) {
        method = try section.word("method", of: Method.allCases) ?? .grid
        let maximum = try section.integer("max_evaluations", in: 1...Sweep.maximumSets)
        let seed = try section.integer("seed", in: Self.seeds)
        guard method != .grid else {
            guard seed == nil else { throw section.wrong("seed", "left out: nothing is drawn from a grid") }
            (self.maximum, self.seed) = (maximum ?? Sweep.maximumSets, nil)
            return
        }
        guard let maximum else {
            throw section.wrong(
                "max_evaluations", "how many sets are to be drawn, an integer from 1 to \(Sweep.maximumSets)")
        }
        (self.maximum, self.seed) = (maximum, method == .sobol ? seed : seed ?? 0)
    }

    /// Whether it takes sets from among those of the grid.
    var isDrawn: Bool { method != .grid }
}
