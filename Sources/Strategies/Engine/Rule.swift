/// What a strategy wants done at the next bar's open.
enum Decision: UInt8 {
    case nothing
    /// Be long: close whatever is open and buy.
    case buy
    /// Be short: close whatever is open and sell.
    case sell
    /// Be out.
    case close
}

/// A strategy at work on one run: asked once per bar, in order, from the second bar on at which all its indicators
/// are valid.
///
/// It sees the bars up to the one it is asked about.
protocol Rule {
    /// - Parameter position: units held, negative when short, 0 when out.
    mutating func decide(at bar: Int, position: Double) -> Decision
}

/// Follows the sign of a difference and says when it turns.
struct CrossDetector {
    /// What counts as a cross where the two series touch.
    enum Ties: String, CaseIterable {
        /// The sign of the last difference that was not zero decides: touch-then-cross is one cross, and
        /// touch-and-return is none.
        case robust
        /// Both this and the previous difference must be non-zero: backtesting.py's rule, which misses a cross
        /// that touches first.
        case strict
    }

    private let ties: Ties
    private var last: Double

    init(_ ties: Ties, first difference: Double) {
        self.ties = ties
        last = difference
    }

    enum Turn { case none, up, down }

    mutating func next(_ difference: Double) -> Turn {
        defer { if difference != 0 || ties == .strict { last = difference } }
        if last < 0, difference > 0 { return .up }
        if last > 0, difference < 0 { return .down }
        return .none
    }
}
