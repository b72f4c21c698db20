/// How requests with keys spread over partitions: each key has a partition by its hash, so that some get more than others,
/// the more so the fewer keys there are of each partition.
package struct KeySpread: Sendable, Hashable {
    package let keys: Int
    /// The part of all requests that has the busiest key; the others have as many each.
    package let busiestKey: Double

    /// - Parameter busiestKey: nil where every key has as many.
    package init(keys: Int, busiestKey: Double? = nil) {
        self.keys = keys
        self.busiestKey = max(busiestKey ?? 0, 1 / Double(keys))
    }

    /// Hashes are as good as drawn by chance: of several draws the middle one is what is to be expected.
    private static let draws: UInt64 = 5

    /// The part of all requests that the busiest node has.
    func busiestNode(nodes: Int, partitions: Int) -> Double {
        let parts = (0..<Self.draws).map { draw in
            let loads = loads(partitions: partitions, seed: draw + 1)
            return (0..<nodes).map { node in
                stride(from: node, to: partitions, by: nodes).reduce(0) { $0 + loads[$1] }
            }.max() ?? 0
        }
        return parts.sorted()[parts.count / 2]
    }

    /// The part of all requests that each partition has.
    private func loads(partitions: Int, seed: UInt64) -> [Double] {
        var generator = SeededGenerator(seed: seed)
        var loads = [Double](repeating: 0, count: partitions)
        let usual = keys > 1 ? (1 - busiestKey) / Double(keys - 1) : 0
        for key in 0..<keys {
            // Not quite even, by less than partitions / 2^64.
            loads[Int(generator.next() % UInt64(partitions))] += key == 0 ? busiestKey : usual
        }
        return loads
    }
}
