/// The Sharpe ratios of many sets, summed so that the same sets have the same sums however they are split and in
/// whatever order they come.
///
/// Sums of doubles would differ in their last digits. These are integers in units of 2^-40, as finely as which a ratio of
/// one period never means anything; ratios beyond ±1024 count as that.
struct SharpeSums: Equatable, Sendable {
    private(set) var sets = 0
    private(set) var sum: Int128 = 0
    private(set) var squares: UInt128 = 0

    init() {}

    init(sets: Int, sum: Int128, squares: UInt128) {
        self.sets = sets
        self.sum = sum
        self.squares = squares
    }

    /// An undefined ratio is none.
    mutating func add(_ sharpe: Double) {
        guard !sharpe.isNaN else { return }
        let units = Int64((min(max(sharpe, -1024), 1024) * 0x1p40).rounded())
        sets += 1
        sum += Int128(units)
        squares += UInt128(units.magnitude) * UInt128(units.magnitude)
    }

    /// What comes from outside may be any number: it wraps round and means nothing, and nothing traps.
    mutating func add(_ other: SharpeSums) {
        sets &+= other.sets
        sum &+= other.sum
        squares &+= other.squares
    }

    /// Of the sample (divided by sets − 1); NaN of fewer than two.
    var variance: Double {
        guard sets > 1 else { return .nan }
        // n · Σx² − (Σx)², exactly: of ratios that hardly differ nothing would be left of it in doubles.
        let number = UInt128(sets)
        let (one, other) = (
            squares.multipliedFullWidth(by: number), sum.magnitude.multipliedFullWidth(by: sum.magnitude)
        )
        let (low, borrows) = one.low.subtractingReportingOverflow(other.low)
        guard one.high >= other.high &+ (borrows ? 1 : 0) else { return .nan }
        let high = one.high - other.high - (borrows ? 1 : 0)
        let difference = Double(high) * 0x1p128 + Double(low)
        return difference * 0x1p-80 / (Double(sets) * Double(sets - 1))
    }
}
