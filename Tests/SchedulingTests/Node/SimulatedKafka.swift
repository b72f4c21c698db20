@testable import Scheduling

/// The brokers of the model: logs, what the group has committed, and which requests have their results.
///
/// Records are named by their digests, which count up: no two have the same, in whatever log they lie.
final class SimulatedKafka {
    final class Log {
        fileprivate(set) var digests: [Int] = []
        /// The first offset that is still there.
        var low: Int64 = 0
        /// What the group has committed.
        fileprivate(set) var committed: Int64?
        fileprivate(set) var metadata: String?
        /// Offsets above the committed one that the metadata say to be done.
        fileprivate var ahead: Set<Int64> = []
        /// How often records have failed that are there, as the metadata say.
        fileprivate(set) var failures: [Int64: Int] = [:]
        /// What was committed is about records that are gone: nothing it says is held against anybody.
        fileprivate(set) var isDisturbed = false
        /// Where the log has been cut, as long as nobody has committed anything of what it holds now.
        fileprivate(set) var cut: Int64?
        /// Whoever had it before may remember another log.
        fileprivate(set) var wasCut = false
        /// Its reader has had no way to know.
        fileprivate(set) var isCutUnnoticed = false
        fileprivate var cuts = 0
        var move: LeaderMove?

        var end: Int64 { Int64(digests.count) }
        /// Up to where its leader shows records, as far as clients have heard.
        var shownEnd: Int64 {
            if case .catchingUp(_, let highWatermark) = move { min(highWatermark, end) } else { end }
        }
        var hasLeader: Bool {
            if case .electing = move { false } else { true }
        }
        func digest(at offset: Int64) -> Int { digests[Int(offset)] }
        /// As a member is told of it.
        var stored: StoredCommit { StoredCommit(position: committed, metadata: metadata) }
        /// Where a member begins to read.
        var start: Int64 { committed.map { $0 < low || $0 > end ? low : $0 } ?? low }
    }

    /// What tells a log from what it was before it was cut, or before its reader knew.
    struct LogState: Equatable {
        let cuts: Int
        let isCutUnnoticed: Bool
    }

    var logs: [Log]
    /// Neither crashes nor lost acknowledgements are an excuse.
    var isExactlyOnce = false
    /// By the results topic's partitions: until when they have no leader.
    var resultLeaderless: [MonotonicTime?] = [nil, nil, nil]
    /// By digest: results that the results topic has.
    private(set) var results: [UInt16] = []
    /// How often a request may have a result beside its first: it was running or unacknowledged in a crash, or when its
    /// partition moved, or an acknowledgement was lost.
    private(set) var excuses: [UInt16] = []
    /// By digest: all its messages are acknowledged.
    private(set) var isDone: [Bool] = []
    /// By digest: a commit says so.
    private(set) var isCovered: [Bool] = []

    init(partitions: Int) { logs = (0..<partitions).map { _ in Log() } }

    // MARK: Records

    func append(_ count: Int, to partition: Int) {
        logs[partition].digests += results.count..<(results.count + count)
        results += repeatElement(0, count: count)
        excuses += repeatElement(0, count: count)
        isDone += repeatElement(false, count: count)
        isCovered += repeatElement(false, count: count)
    }

    func states(of parts: [PartitionCommit]) -> [LogState] {
        parts.map { logs[Int($0.partition)] }.map { LogState(cuts: $0.cuts, isCutUnnoticed: $0.isCutUnnoticed) }
    }

    /// Whether a log that was this is another now, or was so already without its reader's knowing.
    func isGone(_ state: LogState, of partition: Int32) -> Bool {
        state.isCutUnnoticed || state.cuts != logs[Int(partition)].cuts
    }

    func addPartition() { logs.append(Log()) }

    /// The log is cut, and its topic perhaps made anew: from here on it holds other records, or none.
    func cut(_ partition: Int, at offset: Int64) {
        logs[partition].digests.removeSubrange(Int(offset)...)
        logs[partition].low = min(logs[partition].low, offset)
        logs[partition].isDisturbed = true
        logs[partition].ahead = []
        logs[partition].failures = [:]
        for digest in logs[partition].digests {
            excuse(digest, by: 100)
            isCovered[digest] = false
        }
        logs[partition].cut = min(offset, logs[partition].cut ?? offset)
        logs[partition].isCutUnnoticed = true
        logs[partition].wasCut = true
        logs[partition].cuts += 1
    }

    func noteNoticed(_ partition: Int) { logs[partition].isCutUnnoticed = false }

    /// The partition moves. What was committed of a log that is gone is forgotten with it, since nobody could tell it
    /// from what would be committed of the new one; not what the metadata say.
    func forgetCut(_ partition: Int) {
        guard let cut = logs[partition].cut else { return }
        logs[partition].committed = logs[partition].committed.map { min($0, cut) }
        logs[partition].cut = nil
        logs[partition].isCutUnnoticed = false
    }

    func excuse(_ digest: Int, by count: UInt16 = 1) {
        guard !isExactlyOnce || count > 1 else { return }
        excuses[digest] = excuses[digest].addingReportingOverflow(count).overflow ? .max : excuses[digest] + count
    }

    func addResult(_ digest: Int) { results[digest] &+= 1 }
    func removeResult(_ digest: Int) { results[digest] &-= 1 }
    func resultPlace(of digest: Int) -> Int { digest % resultLeaderless.count }
    func noteDone(_ digest: Int) { isDone[digest] = true }

    // MARK: Commits

    /// Stores one partition's part of a commit.
    ///
    /// - Parameter knowsAll: who commits was told what was committed before.
    /// - Returns: what is wrong with it.
    func store(_ commit: PartitionCommit, knowsAll: Bool) -> String? {
        let partition = Int(commit.partition)
        let (position, log) = (commit.position.value, logs[partition])
        let metadata = commit.metadata.flatMap { try? CommitMetadataCodec.decode($0) } ?? CommitMetadata()
        let maps = metadata.maps
        // Others may be passed on, until somebody reads on: they say nothing of this log.
        let ours = maps.filter { isOf(log, $0) }
        let ahead = ours.isEmpty ? [] : Set(ours.flatMap { $0.runs.joined() }.filter { $0 >= position })
        let hasNoticed = !log.isCutUnnoticed
        var problem: String?
        if hasNoticed {
            let from = max(log.low, min(log.committed ?? 0, position))
            for offset in from..<max(from, min(position, log.end)) where !isDone[log.digest(at: offset)] {
                problem = problem ?? "commit \(position) of \(partition) passes \(offset), which is not done"
            }
            if position > log.end {
                problem = problem ?? "commit \(position) of \(partition) passes the log's end \(log.end)"
            }
        }
        if !log.isDisturbed {
            for offset in ahead where offset < log.end && !isDone[log.digest(at: offset)] {
                problem = problem ?? "the map of \(partition) says \(offset) to be done"
            }
            if let lost = log.ahead.first(where: { $0 >= position && !ahead.contains($0) }), knowsAll {
                problem = problem ?? "a commit of \(partition) forgets that \(lost) is done"
            }
            if let before = log.committed, position < before {
                problem = problem ?? "commit \(position) of \(partition) goes back from \(before)"
            }
            cover(partition, to: position, ahead)
            // Nobody is told any more of what is left out.
            uncover(log.ahead, from: position, but: ahead, of: log)
            uncover(position..<max(position, log.committed ?? 0), from: position, but: ahead, of: log)
        }
        logs[partition].committed = position
        logs[partition].metadata = commit.metadata
        logs[partition].ahead = ahead
        logs[partition].failures = metadata.failures.reduce(into: [:]) { failures, mark in
            guard mark.offset < log.end, mark.isOf(UInt64(log.digest(at: mark.offset))) else { return }
            failures[mark.offset] = Int(mark.count)
        }
        if hasNoticed { logs[partition].cut = nil }
        if hasNoticed, logs[partition].isDisturbed, maps.isEmpty { logs[partition].isDisturbed = false }
        return problem
    }

    /// Stores what is about a log that is gone: its offset is forgotten with that, not what the metadata say.
    func storeVoid(_ commit: PartitionCommit) {
        let partition = Int(commit.partition)
        logs[partition].metadata = commit.metadata
        logs[partition].isDisturbed = true
        logs[partition].ahead = []
        logs[partition].failures = [:]
    }

    /// Whether the map is of this log: then the record that it names is there.
    private func isOf(_ log: Log, _ map: DoneMap) -> Bool {
        map.last.offset < log.end && UInt64(log.digest(at: map.last.offset)) == map.last.digest
    }

    private func uncover(_ offsets: some Sequence<Int64>, from position: Int64, but ahead: Set<Int64>, of log: Log) {
        for offset in offsets where offset >= max(log.low, position) && offset < log.end && !ahead.contains(offset) {
            isCovered[log.digest(at: offset)] = false
        }
    }

    private func cover(_ partition: Int, to position: Int64, _ ahead: Set<Int64>) {
        let log = logs[partition]
        let from = max(log.low, min(log.committed ?? 0, position))
        for offset in from..<max(from, min(position, log.end)) { isCovered[log.digest(at: offset)] = true }
        for offset in ahead where offset < log.end { isCovered[log.digest(at: offset)] = true }
    }
}
