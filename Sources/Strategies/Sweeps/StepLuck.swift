import Messages

/// What a step says of its sets so that the merge can tell skill from luck; `Luck.md` has the formulas.
struct StepLuck {
    /// Of every set whose Sharpe ratio was worked out.
    var sharpe = SharpeSums()
    /// Of the step's best set; nil where none is ranked, or its Sharpe ratio is undefined.
    var best: (index: Int, moments: ReturnMoments)?
    /// How many returns each block has; empty where there are too few bars for blocks.
    var periods: [Int] = []
    /// Per period.
    var riskFree = 0.0
    /// The sets whose returns are kept, and of each the sums of its blocks and then the sums of squares.
    private(set) var sampled: [Int] = []
    private(set) var sums: [Double] = []

    init() {}

    /// A set whose returns are no numbers is left out.
    mutating func keep(_ blocks: ReturnBlocks, of index: Int) {
        var own: [Double] = []
        blocks.appendSums(to: &own)
        keep(own, of: index)
    }

    /// - Parameter own: the sums of each block and then the sums of squares of each.
    mutating func keep(_ own: [Double], of index: Int) {
        guard own.allSatisfy({ $0.isFinite }) else { return }
        sums += own
        sampled.append(index)
    }

    /// The returns of the sampled set at this place.
    func returns(_ place: Int) -> Overfitting.Returns {
        let first = place * periods.count * 2
        let middle = first + periods.count
        return Overfitting.Returns(
            sums: Array(sums[first..<middle]), squares: Array(sums[middle..<middle + periods.count]))
    }

    /// Takes it from a step's result.
    ///
    /// - Returns: nil where it has none, or what can be none.
    init?(_ value: JSONValue?) {
        guard let value, let sets = value["sharpe_sets"]?.integer, sets >= 0,
            let sum = value["sharpe_sum"]?.string.flatMap({ Int128($0) }),
            let squares = value["sharpe_squares"]?.string.flatMap({ UInt128($0) })
        else { return nil }
        sharpe = SharpeSums(sets: sets, sum: sum, squares: squares)
        if let best = value["best"], let index = best["index"]?.integer, let moments = ReturnMoments(best) {
            self.best = (index, moments)
        }
        readBlocks(value["blocks"])
    }

    private mutating func readBlocks(_ value: JSONValue?) {
        guard let value, let riskFree = value["risk_free_rate"]?.double,
            let periods = value["periods"]?.elements?.compactMap(\.integer), !periods.isEmpty, periods.count <= 16,
            let sampled = value["sets"]?.elements?.compactMap(\.integer), sampled.count <= SetSample.most,
            let bytes = value["returns"]?.string.flatMap({ Base64.decode(Array($0.utf8)) }),
            bytes.count == sampled.count * periods.count * 16
        else { return }
        let sums = stride(from: 0, to: bytes.count, by: 8).map { start in
            Double(bitPattern: (0..<8).reduce(0) { $0 | UInt64(bytes[start + $1]) << UInt64(8 * $1) })
        }
        guard sums.allSatisfy(\.isFinite) else { return }
        (self.riskFree, self.periods, self.sampled, self.sums) = (riskFree, periods, sampled, sums)
    }

    /// Doubles with the low byte first, in base 64: written as numbers they would take longer than a tenth of the runs.
    fileprivate var packed: [UInt8] {
        unsafe sums.map { $0.bitPattern.littleEndian }.withUnsafeBytes { unsafe Base64.text(of: $0) }
    }
}

extension ReturnMoments {
    fileprivate init?(_ value: JSONValue) {
        guard let count = value["periods"]?.integer, count > 1, let sharpe = value["sharpe_ratio"]?.double,
            let skewness = value["skewness"]?.double, let kurtosis = value["kurtosis"]?.double
        else { return nil }
        self.init(count: count, sharpe: sharpe, skewness: skewness, kurtosis: kurtosis)
    }
}

extension JSONWriter {
    /// The sums are text: integers of 128 bits, which JSON's readers would make doubles of.
    mutating func luck(_ luck: StepLuck) {
        name("luck")
        beginObject()
        member("sharpe_sets", luck.sharpe.sets)
        member("sharpe_sum", luck.sharpe.sum.description)
        member("sharpe_squares", luck.sharpe.squares.description)
        name("best")
        if let best = luck.best {
            beginObject()
            member("index", best.index)
            moments(best.moments)
            endObject()
        } else {
            null()
        }
        name("blocks")
        if luck.periods.isEmpty { null() } else { blocks(luck) }
        endObject()
    }

    mutating func moments(_ moments: ReturnMoments) {
        member("periods", moments.count)
        member("sharpe_ratio", moments.sharpe)
        member("skewness", moments.skewness)
        member("kurtosis", moments.kurtosis)
    }

    private mutating func blocks(_ luck: StepLuck) {
        beginObject()
        name("periods")
        beginArray()
        for count in luck.periods { integer(count) }
        endArray()
        member("risk_free_rate", luck.riskFree)
        name("sets")
        beginArray()
        for set in luck.sampled { integer(set) }
        endArray()
        name("returns")
        let quote = [UInt8(ascii: "\"")]
        raw(quote + luck.packed + quote)
        endObject()
    }
}
