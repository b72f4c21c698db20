/// The coordinator of the model's group: who is a member, and who may have what.
struct SimulatedGroup {
    private(set) var members: [Int] = []
    private(set) var generation = 0
    /// By partition.
    private(set) var owners: [Int: Int] = [:]
    let isCooperative: Bool
    /// Members that have not given up yet what they are to give up.
    private var waiting: Set<Int> = []
    private var targets: [Int: Int]?
    /// Somebody came or went while a rebalance was under way.
    private var isDueAgain = false

    init(isCooperative: Bool) { self.isCooperative = isCooperative }

    var isRebalancing: Bool { targets != nil }

    mutating func join(_ node: Int) { members.append(node) }

    /// The member is gone, by its own will or because nothing was heard of it.
    mutating func remove(_ node: Int) {
        members.removeAll { $0 == node }
        owners = owners.filter { $0.value != node }
        waiting.remove(node)
        targets = targets?.filter { $0.value != node }
    }

    func partitions(of node: Int) -> Set<Int32> {
        Set(owners.filter { $0.value == node }.map { Int32($0.key) })
    }

    /// Begins to share out the partitions anew.
    ///
    /// - Returns: what each member is to give up.
    mutating func rebalance(partitions: Int, _ random: inout SplitMix64) -> [(node: Int, partitions: Set<Int32>)] {
        guard targets == nil else {
            isDueAgain = true
            return []
        }
        isDueAgain = false
        guard !members.isEmpty else { return [] }
        let shuffled = members.shuffled(using: &random)
        var new: [Int: Int] = [:]
        for partition in 0..<partitions { new[partition] = shuffled[partition % shuffled.count] }
        targets = new
        var revoked: [(node: Int, partitions: Set<Int32>)] = []
        for node in members {
            let lost = self.partitions(of: node).filter { !isCooperative || new[Int($0)] != node }
            guard !lost.isEmpty else { continue }
            waiting.insert(node)
            revoked.append((node, lost))
        }
        return revoked
    }

    /// Whether the member has something to give up.
    func waits(for node: Int) -> Bool { waiting.contains(node) }

    /// Whether to begin once more.
    var isDue: Bool { isDueAgain && targets == nil }

    /// The member has given these up.
    mutating func gaveUp(_ node: Int, _ partitions: Set<Int32>) {
        for partition in partitions where owners[Int(partition)] == node { owners[Int(partition)] = nil }
        waiting.remove(node)
    }

    /// Ends the rebalance, once everybody has given up what he had to.
    ///
    /// - Returns: what each member gets.
    mutating func assignments() -> [(node: Int, partitions: Set<Int32>)] {
        guard let targets, waiting.isEmpty else { return [] }
        self.targets = nil
        generation += 1
        var given: [Int: Set<Int32>] = [:]
        for (partition, node) in targets where members.contains(node) && owners[partition] == nil {
            owners[partition] = node
            given[node, default: []].insert(Int32(partition))
        }
        return members.map { ($0, given[$0] ?? []) }
    }

    /// Whether a commit of this member is taken.
    func accepts(_ node: Int, generation: Int) -> Bool { members.contains(node) && generation == self.generation }
}
