/// What an earlier assignment has done, as long as nobody has seen that this log is the one it was done in.
struct DoneClaim: Sendable {
    enum Answer {
        /// It says nothing of the record.
        case silent
        /// It says that the record is done.
        case claimed
        /// The record is the last that was done: so this is the log, and all of the map is done.
        case proven
        /// This is another log, or the last that was done is gone from it: nothing is known of any of it.
        case wrong
    }

    let map: DoneMap
    /// The first record that was passed over because of it.
    private(set) var firstSkipped: Int64?

    init(_ map: DoneMap) { self.map = map }

    /// Records are looked at in the order of their offsets, each once.
    mutating func look(at record: LogMark) -> Answer {
        if PlantedBug.believesForeignMap.isPlanted, record.offset == map.last.offset { return .proven }
        if record.offset >= map.last.offset { return record == map.last ? .proven : .wrong }
        if record.offset == map.first.offset, record != map.first { return .wrong }
        guard map.contains(record.offset) else { return .silent }
        firstSkipped = firstSkipped ?? record.offset
        return .claimed
    }
}
