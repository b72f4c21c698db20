/// Which record a log holds at an offset: what tells it from another log that has as many.
///
/// Of two logs that hold the same record at one offset, one has been cut or made anew above it, if at all: below it they
/// are the same.
package struct LogMark: Hashable, Sendable {
    package let offset: Int64
    /// Of the record.
    package let digest: UInt64

    package init(offset: Int64, digest: UInt64) {
        self.offset = offset
        self.digest = digest
    }
}

/// What is done above the committed offset of a partition, as runs of offsets; it goes into the metadata of the commit,
/// so that a crash does not forget it.
///
/// It says something of one log only, which its marks name. Once the record at `last` is seen to be the one that was
/// done there, everything below is what it was; until then the map is a claim, and no commit passes what it says.
///
/// Offsets that hold no record (markers of transactions, what compaction took) may lie within a run.
package struct DoneMap: Equatable, Sendable {
    /// The record at the committed offset, or the first after it that is known: a log that holds another one there is
    /// another, and that shows soon.
    package let first: LogMark
    /// In order, with something not done between any two.
    package let runs: [ClosedRange<Int64>]
    /// The last of the done records.
    package let last: LogMark

    /// nil where that is no map: nothing is done, the runs are in no order, or the last record is none of theirs.
    package init?(first: LogMark, runs: [ClosedRange<Int64>], last: LogMark) {
        guard runs.last?.upperBound == last.offset, runs.allSatisfy({ $0.lowerBound >= 0 }),
            (0...last.offset).contains(first.offset),
            zip(runs, runs.dropFirst()).allSatisfy({ $0.upperBound < $1.lowerBound })
        else { return nil }
        self.first = first
        self.runs = runs
        self.last = last
    }

    /// What any of these says, under the last mark of all: where that shows to be of another log, nothing of it is believed.
    ///
    /// - Parameter maps: the first of them begins at the committed offset; nil where there is none.
    init?(uniting maps: [DoneMap]) {
        guard let first = maps.first?.first, let last = maps.map(\.last).max(by: { $0.offset < $1.offset }) else {
            return nil
        }
        self.init(first: first, runs: maps.reduce([]) { $0.united(with: $1.runs) }, last: last)
    }

    package func contains(_ offset: Int64) -> Bool {
        var (low, high) = (0, runs.count)
        while low < high {
            let middle = (low + high) / 2
            if runs[middle].upperBound < offset { low = middle + 1 } else { high = middle }
        }
        return low < runs.count && runs[low].lowerBound <= offset
    }
}

extension [ClosedRange<Int64>] {
    /// What these runs cover or the others do, each as long as it can be.
    func united(with others: [ClosedRange<Int64>]) -> [ClosedRange<Int64>] {
        var runs: [ClosedRange<Int64>] = []
        for run in (self + others).sorted(by: { $0.lowerBound < $1.lowerBound }) {
            // The last offset of all has none after it.
            if let last = runs.last, run.lowerBound <= last.upperBound || run.lowerBound == last.upperBound + 1 {
                runs[runs.count - 1] = last.lowerBound...Swift.max(last.upperBound, run.upperBound)
            } else {
                runs.append(run)
            }
        }
        return runs
    }

    /// These runs without what the others cover; both are in order.
    func subtracting(_ others: [ClosedRange<Int64>]) -> [ClosedRange<Int64>] {
        var left: [ClosedRange<Int64>] = []
        var next = 0
        for run in self {
            var rest: Int64? = run.lowerBound
            while next < others.count, others[next].upperBound < run.lowerBound { next += 1 }
            var place = next
            while let start = rest, place < others.count, others[place].lowerBound <= run.upperBound {
                if others[place].lowerBound > start { left.append(start...others[place].lowerBound - 1) }
                rest = others[place].upperBound < run.upperBound ? others[place].upperBound + 1 : nil
                place += 1
            }
            if let rest { left.append(rest...run.upperBound) }
        }
        return left
    }
}
