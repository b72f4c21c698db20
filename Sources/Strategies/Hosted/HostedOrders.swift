import Messages

/// What an external strategy's host has answered for the engine to trade: `positions` or `signals`, and what goes with
/// them. `ExternalStrategies.md` says what they mean.
struct HostedOrders {
    private enum Kind {
        /// One per bar; before the first that is given there is no decision.
        case positions([Int8], undecided: Int)
        /// Bars by the names of `Marks`.
        case signals([(mark: Marks, path: String, bars: [JSONValue])])
    }

    private let kind: Kind
    /// The version of the data set that they were made for; nil where the host does not say.
    let dataVersion: String?
    /// How many bars they were made for; nil where the host does not say.
    private let barCount: Int?
    private let exits: [JSONMember]

    private static let members = ["positions", "signals", "bars", "data_version"] + CommonParameter.exits.map(\.name)

    /// - Parameter answer: a host's answer, the envelope's members among the others.
    /// - Throws: `invalid_positions` where it is none that can be traded, whatever the bars are.
    init(_ answer: JSONReader) throws(RequestProblem) {
        var reader = answer
        var found: [(name: String, kind: Kind)] = []
        var dataVersion: String?
        var barCount: Int?
        var exits: [JSONMember] = []
        var seen: Set<String> = []
        do {
            var isFirst = true
            try reader.beginObject()
            while let name = try reader.nextName(&isFirst) {
                guard !HostReply.envelope.contains(name) else {
                    _ = try reader.skipValue()
                    continue
                }
                guard seen.insert(name).inserted else { throw Self.wrong("\(name.cut(toBytes: 100)) is given twice") }
                switch name {
                case "positions": found.append((name, try Self.positions(&reader)))
                case "signals": found.append((name, try Self.signals(try reader.value())))
                case "bars": barCount = try Self.count(try reader.value())
                case "data_version": dataVersion = try Self.version(try reader.value())
                case _ where Self.members.contains(name): exits.append(JSONMember(name, try reader.value()))
                default: throw Self.foreign(name)
                }
            }
        } catch let problem as RequestProblem {
            throw problem
        } catch {
            throw Self.wrong("it is not valid JSON: \(error)")
        }
        guard let (name, kind) = found.first else { throw Self.wrong("it has neither positions nor signals") }
        if let other = found.dropFirst().first?.name {
            throw Self.wrong("it has \(name) and \(other); give one of them")
        }
        self.kind = kind
        self.dataVersion = dataVersion
        self.barCount = barCount
        self.exits = exits
    }

    /// The account with the exits that the host asks for.
    func account(_ account: Account) throws(RequestProblem) -> Account {
        var account = account
        for exit in exits where exit.value != .null {
            guard let specification = CommonParameter.exits.first(where: { $0.name == exit.name }),
                case .number(let range) = specification.kind, let number = exit.value.double, range.contains(number)
            else {
                let expectation = CommonParameter.exits.first { $0.name == exit.name }?.expectation ?? ""
                throw Self.wrong("\(exit.name) is \(Self.shown(exit.value)), must be \(expectation)")
            }
            switch exit.name {
            case "stop_loss_pct": account.stopLossPct = number
            case "take_profit_pct": account.takeProfitPct = number
            default: account.positionFraction = number
            }
        }
        return account
    }

    /// The first bar at which the strategy's indicators are taken to be valid: the one before its first decision.
    var warmUp: Int {
        switch kind {
        case .positions(_, let undecided): max(0, undecided - 1)
        case .signals: 0
        }
    }

    /// Has the simulation follow them.
    ///
    /// - Throws: `invalid_positions` where they do not fit the bars.
    func trade(in backtest: inout Backtest) throws(RequestProblem) {
        let count = backtest.bars.count
        switch kind {
        case .positions(let positions, _): backtest.follow(TargetRule(positions))
        case .signals(let lists): backtest.follow(MarkRule(try Self.marks(lists, bars: count)))
        }
    }

    /// - Throws: `invalid_positions` where they are not of as many bars as there are, `insufficient_data` where none of them
    ///   is a decision that can be filled.
    ///
    /// - Parameter warmUpBars: how many of the bars are those of `data.warmup_bars`.
    func check(bars count: Int, warmUpBars: Int) throws(RequestProblem) {
        let ofThese = warmUpBars == 0 ? "" : ", \(warmUpBars) of them before data.start (data.warmup_bars)"
        if let barCount, barCount != count {
            throw Self.wrong(
                "bars is \(barCount), and the data has \(count) bars\(ofThese); decide over all of them")
        }
        // A strategy that does not know of the warm-up counts from data.start, and nothing else would show it.
        if case .signals = kind, warmUpBars > 0, barCount == nil {
            throw Self.wrong(
                "bars is missing, and the data has \(count) bars\(ofThese); give bars, how many the signals were made for, "
                    + "which are numbered from the first of the warm-up")
        }
        if case .positions(let positions, let undecided) = kind {
            guard positions.count == count else {
                throw Self.wrong(
                    "positions has \(positions.count) elements and the data \(count) bars\(ofThese); give one per bar, null "
                        + "for those before the first decision")
            }
            guard undecided < count else {
                throw RequestProblem(
                    .insufficientData,
                    "the strategy has decided at none of the \(count) bars: all positions are null; take shorter "
                        + "periods or a longer range")
            }
        }
        guard count >= warmUp + 2, count > warmUpBars else {
            throw RequestProblem(.insufficientData, "a run needs at least \(warmUp + 2) bars, data has \(count)")
        }
    }

    // MARK: Reading

    private static func positions(_ reader: inout JSONReader) throws -> Kind {
        guard try reader.peek() == UInt8(ascii: "[") else {
            throw wrong("positions is \(try reader.value().kindName), must be a list with a position per bar")
        }
        var positions: [Int8] = []
        var undecided = 0
        var isFirst = true
        try reader.beginArray()
        while try reader.nextElement(&isFirst) {
            let value = try reader.value()
            if value == .null, undecided == positions.count {
                undecided += 1
                positions.append(0)
                continue
            }
            guard let number = value.double, let position = Int8(exactly: number), (-1...1).contains(position) else {
                let hint =
                    value == .null
                    ? "; null (NaN in Python) stands only before the first decision"
                    : "; how much of the cash an entry uses is position_fraction"
                throw wrong(
                    "positions[\(positions.count)] is \(shown(value)), must be 1 (long), 0 (out) or -1 (short)\(hint)")
            }
            positions.append(position)
        }
        return .positions(positions, undecided: undecided)
    }

    private static func signals(_ value: JSONValue) throws(RequestProblem) -> Kind {
        let known = Marks.byName.map(\.name)
        guard let members = value.members else {
            throw wrong(
                "signals is \(value.kindName), must be an object of lists of bars: \(known.joined(separator: ", "))")
        }
        var lists: [(Marks, String, [JSONValue])] = []
        for member in members {
            guard let mark = Marks.byName.first(where: { $0.name == member.name })?.mark else {
                throw wrong("signals has " + unknownMember(member.name, known: known))
            }
            guard let bars = member.value.elements else {
                throw wrong("signals.\(member.name) is \(member.value.kindName), must be a list of bars, from 0")
            }
            lists.append((mark, "signals.\(member.name)", bars))
        }
        guard lists.contains(where: { !$0.0.isDisjoint(with: [.entry, .shortEntry]) }) else {
            throw wrong("signals has neither entries nor short_entries; give one of them, empty where there are none")
        }
        return .signals(lists)
    }

    private static func marks(
        _ lists: [(mark: Marks, path: String, bars: [JSONValue])], bars count: Int
    ) throws(RequestProblem) -> [Marks] {
        var marks = [Marks](repeating: [], count: count)
        for (mark, path, bars) in lists {
            for (index, value) in bars.enumerated() {
                guard let bar = value.integer, marks.indices.contains(bar) else {
                    throw wrong("\(path)[\(index)] is \(shown(value)), must be a bar from 0 to \(count - 1)")
                }
                marks[bar].insert(mark)
            }
        }
        return marks
    }

    private static func count(_ value: JSONValue) throws(RequestProblem) -> Int? {
        if value == .null { return nil }
        guard let count = value.integer, count >= 0 else {
            throw wrong("bars is \(shown(value)), must be how many bars the signals were made for")
        }
        return count
    }

    private static func version(_ value: JSONValue) throws(RequestProblem) -> String? {
        if value == .null { return nil }
        guard let version = value.string else {
            throw wrong("data_version is \(shown(value)), must be \"sha256:\" and 64 hexadecimal digits")
        }
        do throws(RequestProblem) {
            _ = try DataSetFiles.digest(ofVersion: version)
        } catch {
            throw wrong("data_version: \(error.message)")
        }
        return version
    }

    private static func foreign(_ name: String) -> RequestProblem {
        wrong(
            "beside positions or signals it has \"\(name.cut(toBytes: 100))\"\(nearestNameHint(to: name, in: members)); "
                + "statistics and all else of the result come from the engine, which takes \(members.joined(separator: ", "))"
        )
    }

    private static func wrong(_ message: String) -> RequestProblem {
        RequestProblem(.invalidPositions, "what the strategy has answered cannot be traded: \(message)")
    }

    private static func shown(_ value: JSONValue) -> String {
        let text = value.text
        return text.utf8.count > 60 ? value.kindName : text
    }
}
