import Glibc

/// The probability of backtest overfitting, by combinatorially symmetric cross-validation.
///
/// The returns are cut into S blocks. Every choice of half of them is a past, the other half its future: of the past the
/// set with the best Sharpe ratio is chosen, and its rank r among the N sets of the future, the worst being 1, gives the
/// relative rank ω = r / (N + 1) and the logit λ = ln(ω / (1 − ω)). The probability is the part of the choices with λ ≤ 0,
/// in which the set chosen is no better than the middle of the others: Bailey, Borwein, López de Prado, Zhu, "The
/// Probability of Backtest Overfitting", Journal of Computational Finance 20 (2016; SSRN 2015).
///
/// Sets without any spread of returns in a half count as a Sharpe ratio of 0. Of equal ones the first is chosen; equal
/// ones share the mean of their ranks.
struct Overfitting: Equatable {
    let probability: Double
    /// Of λ: how far above the middle the sets chosen come to lie.
    let meanLogit: Double
    /// How many choices.
    let splits: Int
    let sets: Int

    /// One set's returns by block.
    struct Returns {
        let sums: [Double]
        let squares: [Double]
    }

    /// - Parameters:
    ///   - periods: how many returns each block has; an even number of blocks, at most 16.
    ///   - riskFree: per period.
    /// - Returns: nil where there is nothing to choose between.
    init?(_ sets: [Returns], periods: [Int], riskFree: Double) {
        guard sets.count > 1, periods.count >= 2, periods.count <= 16, periods.count % 2 == 0,
            sets.allSatisfy({ $0.sums.count == periods.count && $0.squares.count == periods.count }),
            periods.allSatisfy({ (1...Self.mostPeriods).contains($0) })
        else { return nil }
        let halves = HalfSums(sets, periods, riskFree)
        let everything = UInt(1) << UInt(periods.count) - 1
        var ranks = Ranks(sets.count)
        // Each choice with the first block in it, and its complement, which is the same two halves the other way round.
        for choice in stride(from: UInt(1), through: everything, by: 2)
        where choice.nonzeroBitCount * 2 == periods.count {
            let (one, other) = (halves.sharpeRatios(choice), halves.sharpeRatios(everything ^ choice))
            ranks.add(chosenBy: one, rankedBy: other)
            ranks.add(chosenBy: other, rankedBy: one)
        }
        self.sets = sets.count
        splits = ranks.splits
        probability = Double(ranks.notAbove) / Double(splits)
        meanLogit = ranks.logits / Double(splits)
    }

    private static let mostPeriods = 1 << 40

    private struct Ranks {
        private(set) var splits = 0
        private(set) var notAbove = 0
        private(set) var logits = 0.0
        private let sets: Int

        init(_ sets: Int) { self.sets = sets }

        mutating func add(chosenBy past: [Double], rankedBy future: [Double]) {
            var best = 0
            for set in 1..<sets where past[set] > past[best] { best = set }
            let value = future[best]
            var twice = 1
            // Below it counts whole, beside it half, itself among these.
            for other in future { twice += other < value ? 2 : other == value ? 1 : 0 }
            splits += 1
            if twice <= sets + 1 { notAbove += 1 }
            let part = Double(twice) / Double(2 * (sets + 1))
            logits += log(part / (1 - part))
        }
    }
}

/// The sums of every choice of blocks in two look-ups and one addition: a table for the lower half of the blocks and one
/// for the upper half, each with an entry for every choice among them.
private struct HalfSums {
    private let sets: Int
    private let bits: UInt
    private let riskFree: Double
    private let counts: [Double]
    /// Entry after entry, in each the sums of all sets and then their squares.
    private let lower: [Double]
    private let upper: [Double]

    init(_ sets: [Overfitting.Returns], _ periods: [Int], _ riskFree: Double) {
        self.sets = sets.count
        self.riskFree = riskFree
        bits = UInt(periods.count / 2)
        let counts = periods.map(Double.init)
        self.counts = counts
        let half = periods.count / 2
        lower = Self.table(sets, 0..<half)
        upper = Self.table(sets, half..<periods.count)
    }

    private static func table(_ sets: [Overfitting.Returns], _ blocks: Range<Int>) -> [Double] {
        var table: [Double] = []
        table.reserveCapacity(sets.count * 2 << blocks.count)
        for choice in 0..<(1 << blocks.count) {
            let chosen = blocks.filter { choice >> ($0 - blocks.lowerBound) & 1 == 1 }
            for set in sets { table.append(chosen.reduce(0) { $0 + set.sums[$1] }) }
            for set in sets { table.append(chosen.reduce(0) { $0 + set.squares[$1] }) }
        }
        return table
    }

    /// Of one period, for each set.
    func sharpeRatios(_ choice: UInt) -> [Double] {
        var number = 0.0
        for block in counts.indices where choice >> UInt(block) & 1 == 1 { number += counts[block] }
        let below = Int(choice & (1 << bits - 1)) * sets * 2
        let above = Int(choice >> bits) * sets * 2
        return unsafe lower.withUnsafeBufferPointer { lower in
            unsafe upper.withUnsafeBufferPointer { upper in
                unsafe [Double](unsafeUninitializedCapacity: sets) { ratios, count in
                    for set in 0..<sets {
                        let sum = unsafe lower[below + set] + upper[above + set]
                        let squares = unsafe lower[below + sets + set] + upper[above + sets + set]
                        unsafe ratios[set] = sharpe(sum, squares, number)
                    }
                    count = sets
                }
            }
        }
    }

    @inline(__always)
    private func sharpe(_ sum: Double, _ squares: Double, _ number: Double) -> Double {
        let deviation = squares - sum * sum / number
        // What is rounding noise of equal returns is no spread, as in `PeriodReturns`.
        guard number > 1, deviation > squares * 1e-13 else { return 0 }
        return (sum / number - riskFree) / (deviation / (number - 1)).squareRoot()
    }
}
