/// How many nodes and partitions carry a workload, and how busy they are then.
package struct GroupPlan: Sendable, Hashable {
    /// Why no number of nodes does.
    package enum Problem: Error, Hashable {
        /// A partition is one node's at a time: so few give no more nodes work, and those are too few.
        case partitions(given: Int, needed: Int)
        /// All requests of a key go to one partition, so to one node.
        case busiestKey(perSecond: Double, nodeTakes: Double)
        /// However many nodes there are, the busiest one has too much: there are too few keys to spread.
        case keys(given: Int)
        /// It takes so many, which is more than a plan is made for.
        case nodes(needed: Int)
        /// Requests of a key run one after the other, and the busiest has more than that does with the headroom.
        case keyInOrder(perSecond: Double, takes: Double)
        /// Requests of a partition run one after the other, and of so few one has more than that does with the headroom.
        case partitionsInOrder(given: Int, needed: Int)
    }

    package let workload: Workload
    package let node: NodeShape
    package let nodes: Int
    package let partitions: Int
    /// The part of all requests that the busiest node has; with one node away; of each partition on average.
    package let busiestShare: Double
    package let busiestShareWithOneAway: Double?

    /// So busy the nodes may be when one of them is away, for the number of partitions that is proposed.
    static let mostBusyWithOneAway = 0.95
    package static let mostNodes = 20_000
    private static let mostPerNode = 20
    /// As many as a plan is made for.
    package static let mostPartitions = 200_000

    package var capacity: Double { node.capacity(workload.steps) }
    package var busiestRate: Double { workload.ratePerSecond * busiestShare }
    /// Of the slots that can be busy at once, on the busiest node.
    package var busiest: Double { busiestRate / capacity }
    package var average: Double { workload.ratePerSecond / Double(nodes) / capacity }
    /// Of the busiest node while another is away; nil with one node. Above 1 the lag grows.
    package var busiestWithOneAway: Double? {
        busiestShareWithOneAway.map { workload.ratePerSecond * $0 / capacity }
    }

    /// The fewest nodes of which none is busier than the headroom lets it be.
    ///
    /// - Parameters:
    ///   - headroom: the part of each node's capacity that stays free, below 1.
    ///   - partitions: those there are; nil: as many as fit the nodes.
    package init(
        _ workload: Workload, on node: NodeShape, headroom: Double, partitions given: Int? = nil
    ) throws(Problem) {
        let most = node.capacity(workload.steps) * (1 - headroom)
        let rate = workload.ratePerSecond
        guard rate / most <= Double(Self.mostNodes) else { throw .nodes(needed: Int((rate / most).rounded(.up))) }
        let least = try Self.leastPartitions(workload, headroom, given: given)
        if let key = workload.keys, key.busiestKey * rate > most {
            throw .busiestKey(perSecond: key.busiestKey * rate, nodeTakes: most)
        }
        var count = max(1, Int((rate / most).rounded(.up)))
        while true {
            let partitions = given ?? max(least, count * Self.partitionsPerNode(headroom))
            guard count <= partitions else {
                throw .partitions(given: partitions, needed: Int((rate / most).rounded(.up)))
            }
            guard count <= Self.mostNodes else {
                throw workload.keys.map { Problem.keys(given: $0.keys) } ?? .nodes(needed: count)
            }
            let share = Self.busiestShare(workload, nodes: count, partitions: partitions)
            // What is even but for a rounding error.
            if rate * share <= most * (1 + 1e-9) {
                self.init(workload, on: node, nodes: count, partitions: partitions)
                return
            }
            count = Self.next(after: count, workload, partitions: given)
        }
    }

    /// So many nodes and partitions, whatever that makes of them.
    package init(_ workload: Workload, on node: NodeShape, nodes: Int, partitions: Int) {
        self.workload = workload
        self.node = node
        self.nodes = nodes
        self.partitions = partitions
        busiestShare = Self.busiestShare(workload, nodes: nodes, partitions: partitions)
        busiestShareWithOneAway =
            nodes > 1 ? Self.busiestShare(workload, nodes: nodes - 1, partitions: partitions) : nil
    }

    /// As many as it takes that a node which is away makes no other too busy: its partitions are given out whole, so
    /// that some node has one more than it had.
    static func partitionsPerNode(_ headroom: Double) -> Int {
        let busy = 1 - headroom
        guard busy < mostBusyWithOneAway else { return mostPerNode }
        return min(mostPerNode, max(1, Int((busy / (mostBusyWithOneAway - busy)).rounded(.up))))
    }

    /// With keys it is some 1 % more than it must be: each look draws a partition for every key. The partitions there are
    /// are the last that can do, and not to be stepped over.
    private static func next(after count: Int, _ workload: Workload, partitions given: Int?) -> Int {
        let next = count + (workload.keys == nil ? 1 : max(1, count / 100))
        return given.map { count < $0 ? min(next, $0) : next } ?? next
    }

    /// How many partitions it takes that what runs one after the other keeps up.
    private static func leastPartitions(
        _ workload: Workload, _ headroom: Double, given: Int?
    ) throws(Problem) -> Int {
        guard workload.lanes != .none else { return 1 }
        let rate = workload.ratePerSecond
        let takes = workload.lanePerSecond * (1 - headroom)
        // In order by partition a key is as well.
        if let key = workload.keys, key.busiestKey * rate > takes {
            throw .keyInOrder(perSecond: key.busiestKey * rate, takes: takes)
        }
        guard workload.lanes == .partitions else { return 1 }
        func keepUp(_ partitions: Int) -> Bool {
            rate * busiestShare(workload, nodes: partitions, partitions: partitions) <= takes * (1 + 1e-9)
        }
        if let given, keepUp(given) { return given }
        guard rate / takes <= Double(mostPartitions) else {
            throw .partitionsInOrder(given: given ?? mostPartitions, needed: Int((rate / takes).rounded(.up)))
        }
        var needed = max((given ?? 0) + 1, Int((rate / takes).rounded(.up)))
        // With keys it is some 5 % more than it must be: each look draws a partition for every key.
        while !keepUp(needed) {
            needed += max(1, needed / 20)
            guard needed <= mostPartitions else { throw .keys(given: workload.keys?.keys ?? 0) }
        }
        if let given { throw .partitionsInOrder(given: given, needed: needed) }
        return needed
    }

    private static func busiestShare(_ workload: Workload, nodes: Int, partitions: Int) -> Double {
        if let keys = workload.keys { return keys.busiestNode(nodes: nodes, partitions: partitions) }
        return Double((partitions + nodes - 1) / nodes) / Double(partitions)
    }
}
