/// The logs of the model: each record has a digest that no other has.
struct SimulatedLogs {
    private var logs: [[UInt64]]
    private var lastDigest: UInt64 = 0
    /// The first offset of each partition that is still there.
    var low: [Int64]
    /// Partitions whose log has changed, and whose reader has had no way to know.
    var unnoticed: Set<Int32> = []
    /// Where they changed.
    var cuts: [Int32: Int64] = [:]
    /// Up to where every record was seen to have its result: a result stays.
    private var checked: [Int64]

    init(partitions: Int) {
        logs = Array(repeating: [], count: partitions)
        low = Array(repeating: 0, count: partitions)
        checked = low
    }

    func firstUnchecked(of partition: Int) -> Int64 { max(low[partition], checked[partition]) }
    mutating func noteChecked(_ partition: Int, to offset: Int64) {
        checked[partition] = max(checked[partition], offset)
    }

    func end(of partition: Int) -> Int64 { Int64(logs[partition].count) }
    var ends: [Int64] { logs.map { Int64($0.count) } }
    func digest(of partition: Int, at offset: Int64) -> UInt64 { logs[partition][Int(offset)] }

    mutating func append(_ count: Int, to partition: Int) {
        for _ in 0..<count {
            lastDigest += 1
            logs[partition].append(lastDigest)
        }
    }

    mutating func cut(_ partition: Int, at offset: Int64) {
        logs[partition].removeSubrange(Int(offset)...)
        checked[partition] = min(checked[partition], offset)
    }

    mutating func noteUnnoticed(_ partition: Int32, cut: Int64) {
        unnoticed.insert(partition)
        cuts[partition] = min(cuts[partition] ?? cut, cut)
    }
}
