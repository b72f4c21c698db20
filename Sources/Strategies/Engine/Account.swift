/// What a run trades with: the money, the costs and the exits that hold for every strategy.
struct Account: Equatable, Sendable {
    /// What happens to a position that is open after the last bar.
    enum AtEnd: String, Sendable {
        /// It stays open, counts in the equity and not among the trades.
        case markToMarket = "mark_to_market"
        /// It is closed at the close of the last bar, with commission.
        case closeOut = "close_out"
        /// It is closed at the open of the last bar, as backtesting.py does: looks back, so only for comparing.
        case closeOutAtOpen = "close_out_open"
    }

    /// What the size of a position may be.
    enum Units: String, CaseIterable, Sendable {
        /// 1, 2, 3 …: shares, contracts.
        case whole
        /// Any number above 0: coins, fractions of shares.
        case fractional
    }

    var cash = 10_000.0
    /// Of the traded value, at entry and again at exit: 0.002 is 0.2 %.
    var commission = 0.002
    /// In currency, at entry and again at exit.
    var fixedCommission = 0.0
    /// Between bid and ask, as a fraction of the price; every fill pays half of it.
    var spread = 0.0
    /// The part of the cash that an entry uses.
    var positionFraction = 1.0
    /// Percent below (short: above) the entry price; 0: none.
    var stopLossPct = 0.0
    /// Percent above (short: below) the entry price; 0: none.
    var takeProfitPct = 0.0
    var units = Units.whole
    var atEnd = AtEnd.markToMarket

    var hasExits: Bool { stopLossPct > 0 || takeProfitPct > 0 }

    /// What a buy pays and a sale earns at that price.
    func fill(_ price: Double, isBuy: Bool) -> Double {
        spread == 0 ? price : price * (isBuy ? 1 + spread / 2 : 1 - spread / 2)
    }

    /// One entry's or exit's commission.
    func fee(units: Double, price: Double) -> Double {
        units * price * commission + fixedCommission
    }

    /// The part of the cash that an entry may use, after the fixed commission.
    ///
    /// A full position uses 1 - 2^-52 because backtesting.py does, so that 10,000 at a price of 100 without commission
    /// are 99 units.
    func budget(_ cash: Double) -> Double { cash * (positionFraction * Self.almostAll) - fixedCommission }

    /// The price of one unit with its relative commission, in backtesting.py's order of rounding.
    func unitCost(_ price: Double) -> Double { price + (Self.almostAll * price * commission) / Self.almostAll }

    private static let almostAll = 1 - 0x1p-52

    /// Units that an entry buys (or sells short) for this cash; 0: the order is dropped.
    ///
    /// Whole: `floor(budget / unit cost)`, exactly. Fractional: `budget / unit cost`, which leaves of the cash the 2^-52
    /// part of `budget` and no more; backtesting.py's FractionalBacktest rounds that down to its `fractional_unit`
    /// (10^-8), and so differs by less than one of these.
    func entrySize(cash: Double, price: Double) -> Double {
        let unit = unitCost(price)
        let budget = budget(cash)
        guard budget > 0, unit > 0 else { return 0 }
        var quotient = budget / unit
        if units == .whole {
            quotient.round(.down)
            // The quotient may have been rounded up to a whole number; the fused product shows the exact remainder.
            if (-budget).addingProduct(quotient, unit) > 0 { quotient -= 1 }
        }
        // Beyond 2^53 units cannot be counted one by one.
        return quotient < 0x1p53 ? quotient : 0
    }
}
