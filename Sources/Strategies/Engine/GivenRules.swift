/// Trades what was decided elsewhere: a position per bar.
struct TargetRule: Rule {
    private let target: [Int8]

    /// - Parameter target: the position wanted after each bar: above 0 long, 0 out, below 0 short.
    init(_ target: [Int8]) { self.target = target }

    mutating func decide(at bar: Int, position: Double) -> Decision {
        let wanted = target[bar]
        if wanted > 0 { return position > 0 ? .nothing : .buy }
        if wanted < 0 { return position < 0 ? .nothing : .sell }
        return position == 0 ? .nothing : .close
    }
}

/// What was decided elsewhere at a bar.
struct Marks: OptionSet {
    let rawValue: UInt8
    static let entry = Marks(rawValue: 1)
    static let exit = Marks(rawValue: 2)
    static let shortEntry = Marks(rawValue: 4)
    static let shortExit = Marks(rawValue: 8)

    /// By the names of the lists that bars are given in.
    static let byName: [(name: String, mark: Marks)] = [
        ("entries", .entry), ("exits", .exit), ("short_entries", .shortEntry), ("short_exits", .shortExit),
    ]
}

/// Trades what was decided elsewhere: marks at bars.
///
/// An entry to the other side turns a position round; entries to both sides at once cancel each other.
struct MarkRule: Rule {
    private let marks: [Marks]

    /// - Parameter marks: one per bar.
    init(_ marks: [Marks]) { self.marks = marks }

    mutating func decide(at bar: Int, position: Double) -> Decision {
        let mark = marks[bar]
        let entersLong = mark.contains(.entry) && !mark.contains(.shortEntry)
        let entersShort = mark.contains(.shortEntry) && !mark.contains(.entry)
        if entersLong, position <= 0 { return .buy }
        if entersShort, position >= 0 { return .sell }
        if position > 0, mark.contains(.exit) { return .close }
        if position < 0, mark.contains(.shortExit) { return .close }
        return .nothing
    }
}
