/// Values by partition: the model looks at them with every event, and there are few partitions.
struct PartitionTable<Value> {
    private var values: [Value?] = []

    subscript(partition: Int32) -> Value? {
        get { Int(partition) < values.count ? values[Int(partition)] : nil }
        _modify {
            while values.count <= Int(partition) { values.append(nil) }
            yield &values[Int(partition)]
        }
    }

    subscript(partition: Int32, default initial: Value) -> Value {
        get { self[partition] ?? initial }
        _modify {
            if self[partition] == nil { self[partition] = initial }
            // Set above.
            yield &values[Int(partition)]!
        }
    }

    /// In order.
    var keys: [Int32] { values.indices.filter { values[$0] != nil }.map { Int32($0) } }
    var pairs: [(partition: Int32, value: Value)] { keys.compactMap { key in self[key].map { (key, $0) } } }
    var count: Int { values.count { $0 != nil } }
    var isEmpty: Bool { values.allSatisfy { $0 == nil } }

    mutating func removeAll() { values = [] }
}
