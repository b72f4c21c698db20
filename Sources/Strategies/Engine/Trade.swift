/// A closed position.
struct Trade: Equatable {
    /// Why it was closed.
    enum Reason: String {
        case signal
        case stopLoss = "stop_loss"
        case takeProfit = "take_profit"
        /// The equity was used up.
        case ruin
        /// The data ended (`close_out`), or the part of a walk-forward that it was opened in.
        case end
    }

    /// Units, negative for a short position.
    let size: Double
    let entryBar: Int
    let exitBar: Int
    let entryPrice: Double
    let exitPrice: Double
    /// Of entry and exit together.
    let commission: Double
    /// In currency, after commission.
    let profit: Double
    /// Of the entry's value, after commission: 0.01 is one percent.
    let rate: Double
    let reason: Reason
}

/// A position that is open when the data ends.
struct OpenPosition: Equatable {
    let size: Double
    let entryBar: Int
    let entryPrice: Double
}
