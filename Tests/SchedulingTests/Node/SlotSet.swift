/// Slots of one node, by their numbers.
struct SlotSet {
    private var bits: UInt = 0

    var count: Int { bits.nonzeroBitCount }

    func contains(_ slot: Int) -> Bool { bits >> slot & 1 == 1 }
    mutating func insert(_ slot: Int) { bits |= 1 << slot }
    mutating func formUnion(_ slots: [Int]) { for slot in slots { insert(slot) } }
    mutating func subtract(_ slots: [Int]) { for slot in slots { bits &= ~(1 << slot) } }

    /// - Returns: whether it was there.
    mutating func remove(_ slot: Int) -> Bool {
        defer { subtract([slot]) }
        return contains(slot)
    }

    mutating func removeAll() { bits = 0 }
}
