/// Values by strategy: each step asks for several, and a strategy's number is its place in the registry.
struct StrategyTable<Value: Sendable>: Sendable {
    private var values: [Value?] = []
    private(set) var count = 0

    var isEmpty: Bool { count == 0 }

    subscript(strategy: Int) -> Value? {
        get { strategy < values.count ? values[strategy] : nil }
        set {
            if values.count <= strategy {
                values.append(contentsOf: repeatElement(nil, count: strategy + 1 - values.count))
            }
            count += (newValue == nil ? 0 : 1) - (values[strategy] == nil ? 0 : 1)
            values[strategy] = newValue
        }
    }

    /// In order.
    var strategies: [Int] { values.indices.filter { values[$0] != nil } }
    var all: [(strategy: Int, value: Value)] { strategies.compactMap { key in values[key].map { (key, $0) } } }
}
