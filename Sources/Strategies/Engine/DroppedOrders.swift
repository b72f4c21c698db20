/// Orders to go in that bought nothing, and the first of them.
///
/// A run without a trade looks like a strategy that found nothing to do; this says that it did, and could not pay.
struct DroppedOrders: Equatable, Sendable {
    enum Reason: String {
        /// The cash that the entry may use buys no whole unit.
        case budgetBelowOneUnit = "budget_below_one_unit"
        /// Nothing is left of the cash once the fixed commission is paid.
        case noBudget = "no_budget"
        /// 2^53 units and more cannot be counted one by one.
        case tooManyUnits = "too_many_units"
    }

    private(set) var count = 1
    let firstBar: Int
    /// When the first would have been filled, in milliseconds since 1970.
    let firstTime: Int64
    /// Of the first, as the figures below.
    let reason: Reason
    /// The cash that it might use, after the fixed commission.
    let budget: Double
    /// What one unit costs, with the relative commission.
    let unitCost: Double

    init(at bar: Int, _ time: Int64, cash: Double, price: Double, _ account: Account) {
        firstBar = bar
        firstTime = time
        budget = account.budget(cash)
        unitCost = account.unitCost(price)
        reason = budget <= 0 ? .noBudget : budget < unitCost ? .budgetBelowOneUnit : .tooManyUnits
    }

    mutating func addAnother() { count += 1 }
}
