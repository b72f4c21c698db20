import Messages

/// Which set a number means: a position on every axis.
///
/// It follows from the sweep and the number alone, so steps are ranges of numbers by whatever method sets are drawn,
/// whoever runs them and in whatever order.
struct SetSequence: Sendable {
    /// Sets are numbered from 0 to `count - 1`.
    let count: Int
    private let search: Search
    /// How many values each axis has.
    private let values: [Int]
    /// Of all sets of the grid, each once; nil where there are too many to be numbered.
    private let order: Permutation?
    private let gridCount: Int?
    /// The sets of a step that says which they are, from its first number on.
    private let given: (first: Int, positions: [[Int]])?

    /// - Parameters:
    ///   - axes: at most `Sobol.dimensions`.
    ///   - step: of a step's request.
    /// - Throws: that there are too many sets, fewer than are to be drawn, or what is wrong with those of the step.
    init(_ search: Search, _ axes: [SweepAxis], step: JSONValue? = nil) throws(RequestProblem) {
        given = try Self.given(step, search, axes)
        self.search = search
        values = axes.map(\.count)
        gridCount = Self.product(of: values)
        if let gridCount, search.method == .random || search.method == .tpe {
            order = Permutation(of: gridCount, key: SplitMix64.number(0, of: UInt64(search.seed ?? 0)))
        } else {
            order = nil
        }
        guard search.isDrawn else {
            count = try Self.checked(gridCount, axes, search.maximum)
            return
        }
        if let gridCount, search.maximum > gridCount {
            throw RequestProblem(
                .invalidRequest,
                "search.max_evaluations is \(search.maximum), and the grid has \(gridCount) sets: take as many at most, or "
                    + "the method \"grid\", which runs all of them")
        }
        count = search.maximum
    }

    private static func given(
        _ step: JSONValue?, _ search: Search, _ axes: [SweepAxis]
    ) throws(RequestProblem) -> (Int, [[Int]])? {
        guard let sets = step?["sets"], sets != .null else {
            guard step == nil || search.perRound == nil else {
                throw RequestProblem(.invalidRequest, "step.sets is missing; a step of a sweep in rounds says its sets")
            }
            return nil
        }
        let positions = (sets.elements ?? []).compactMap { axes.positions($0) }
        guard search.perRound != nil, let first = step?["first"]?.integer, positions.count == sets.elements?.count,
            positions.count == step?["count"]?.integer
        else {
            throw RequestProblem(
                .invalidRequest,
                "step.sets must be count lists, of a sweep in rounds, each of a set's position on every axis, from 0")
        }
        return (first, positions)
    }

    private static func product(of counts: [Int]) -> Int? {
        var size = 1
        for count in counts {
            let (product, overflow) = size.multipliedReportingOverflow(by: count)
            guard !overflow, product <= Permutation.most else { return nil }
            size = product
        }
        return size
    }

    private static func checked(_ size: Int?, _ axes: [SweepAxis], _ limit: Int) throws(RequestProblem) -> Int {
        guard let size, size <= limit else {
            let counts = axes.map { "\($0.name) \($0.count)" }.joined(separator: " × ")
            let remedy =
                limit < Sweep.maximumSets
                ? "has more than the \(limit) sets that are allowed; take larger steps, raise search.max_evaluations (to "
                    + "\(Sweep.maximumSets) at most)"
                : "has more than \(limit) sets, the most there may be; take larger steps, cut it into several sweeps"
            throw RequestProblem(
                .invalidRequest, "the grid (\(counts)) \(remedy), or draw from it (search.method \"sobol\")")
        }
        return size
    }

    /// How often a set is drawn anew that breaks a rule, before it is skipped.
    var draws: Int {
        switch search.method {
        case .random: 100
        case .tpe: given == nil ? 100 : 1
        case .grid, .latinHypercube, .sobol: 1
        }
    }

    /// - Parameter set: from 0 to `count - 1`; of a step that says its sets, one of these.
    func positions(of set: Int) -> [Int] {
        if let given { return given.positions[set - given.first] }
        return switch search.method {
        case .grid: gridPositions(set)
        case .random, .tpe: order.map { gridPositions($0[set]) } ?? byChance(set, 0)
        case .latinHypercube: positions { axis in stratified(set, axis) }
        case .sobol:
            positions { axis in
                let shift = search.seed == nil ? 0 : key(0, axis) >> 32
                return (UInt64(Sobol.coordinate(set, axis)) ^ shift) << 32
            }
        }
    }

    /// Another set in place of one that breaks a rule.
    ///
    /// - Parameter draw: which try it is, from 1 to `draws - 1`.
    /// - Returns: nil where there is no other set to draw.
    func redrawn(_ set: Int, _ draw: Int) -> [Int]? {
        guard let order, let gridCount else { return byChance(set, draw) }
        // Each place of the order belongs to one set and one draw of it: no set is drawn twice.
        let place = draw * count + set
        return place < gridCount ? gridPositions(order[place]) : nil
    }

    private func byChance(_ set: Int, _ draw: Int) -> [Int] {
        positions { axis in SplitMix64.number(UInt64(set), of: key(UInt64(draw), axis)) }
    }

    /// Mixed radix, the first axis slowest.
    private func gridPositions(_ number: Int) -> [Int] {
        var rest = number
        var positions = values
        for axis in values.indices.reversed() {
            positions[axis] = rest % values[axis]
            rest /= values[axis]
        }
        return positions
    }

    /// - Parameter fraction: of an axis, in units of 2^-64.
    private func positions(_ fraction: (Int) -> UInt64) -> [Int] {
        values.indices.map { Int(fraction($0).multipliedFullWidth(by: UInt64(values[$0])).high) }
    }

    /// By chance within the stratum that is this set's alone: of `count` equal parts of the axis.
    func stratified(_ set: Int, _ axis: Int) -> UInt64 {
        let stratum = Permutation(of: count, key: key(0, axis))[set]
        // Less would be rounded into the stratum before.
        let within = max(SplitMix64.number(UInt64(set), of: key(1, axis)), UInt64(count - 1))
        return UInt64(count).dividingFullWidth((high: UInt64(stratum), low: within)).quotient
    }

    private func key(_ purpose: UInt64, _ axis: Int) -> UInt64 {
        SplitMix64.number(purpose, of: SplitMix64.number(UInt64(axis), of: UInt64(search.seed ?? 0)))
    }
}

extension [SweepAxis] {
    /// - Returns: nil for what is no set of their grid.
    func positions(_ value: JSONValue) -> [Int]? {
        let positions = (value.elements ?? []).compactMap(\.integer)
        guard positions.count == count, zip(self, positions).allSatisfy({ (0..<$0.count).contains($1) }) else {
            return nil
        }
        return positions
    }
}

extension JSONWriter {
    /// How the sets of a step's result were chosen.
    mutating func search(_ search: Search, sets: Int) {
        name("search")
        beginObject()
        member("method", search.method.rawValue)
        member("sets", sets)
        name("seed")
        if let seed = search.seed { integer(seed) } else { null() }
        endObject()
    }
}
