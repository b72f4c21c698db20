import Messages

/// Orders that bought nothing, in words for a terminal and for the page.
enum DroppedWords {
    /// - Parameter dropped: the `dropped_orders` of a run or of a sweep; nil where there are none.
    static func of(_ dropped: JSONValue?) -> String? {
        guard let dropped, let count = dropped["count"]?.integer, count > 0 else { return nil }
        let orders = count == 1 ? "1 order was dropped" : "\(count) orders were dropped"
        let sets = dropped["sets"]?.integer.map { " in \($0) \($0 == 1 ? "set" : "sets")" } ?? ""
        return "\(orders)\(sets), the first on \(dropped["first_time"]?.string ?? "?"): \(reason(dropped))"
    }

    private static func reason(_ dropped: JSONValue) -> String {
        func money(_ name: String) -> String { dropped[name]?.double?.fixed(2) ?? "?" }
        switch dropped["reason"]?.string {
        case "budget_below_one_unit":
            return "one unit costs \(money("unit_cost")), and there was \(money("budget")) for it; \"account\": "
                + "{\"units\": \"fractional\"} trades parts of one"
        case "no_budget": return "no cash was left for it once the fixed commission is paid"
        case "too_many_units":
            return "at \(dropped["unit_cost"]?.text ?? "?") each it is for more units than can be counted"
        default: return dropped["reason"]?.string ?? "it is not said why"
        }
    }
}
