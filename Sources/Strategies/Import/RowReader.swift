/// Makes a table of a CSV file's rows.
struct RowReader {
    private(set) var layout: CSVLayout
    /// "the header" or "the first row", which says how many fields a row has.
    private let model: String
    private let symbol: String?
    private var table = BarTable()
    private var tickVolume: [Double] = []
    private var dates = DateOrder()
    private var findings = Findings()
    private var symbols: [String] = []
    private var period: String?
    /// Lines of words behind the rows so far; what they become shows when another row comes or none.
    private var trailer: [(number: Int, words: String)] = []
    private var volumesAbsent = 0
    /// The first number with a comma, of which the rest of the file must show that it parts thousands.
    private var comma: (number: Int, text: String)?
    private var hasPoint = false
    private static let mostSymbols = 1000

    /// Bars so far.
    var count: Int { table.close.count }

    init(_ layout: CSVLayout, hasHeader: Bool, symbol: String?) throws(ImportProblem) {
        guard symbol == nil || layout.symbol != nil || layout.isOfSeveral || !hasHeader else {
            throw ImportProblem("the header has no column Symbol or Ticker; leave --symbol out")
        }
        guard symbol == nil || hasHeader else {
            throw ImportProblem("a file without a header names no instrument; leave --symbol out")
        }
        self.layout = layout
        self.symbol = layout.symbol == nil ? nil : symbol
        model = hasHeader ? "the header has" : "the first row has"
        if layout.volume == nil { (self.layout.volume, self.layout.tickVolume) = (layout.tickVolume, nil) }
    }

    mutating func take(_ fields: inout [ArraySlice<UInt8>], _ number: Int) {
        while fields.count > layout.fieldCount, fields.last?.isEmpty == true { fields.removeLast() }
        let isShort = fields.count != layout.fieldCount
        if isShort || fields.dropFirst().allSatisfy(\.isEmpty) {
            let words = "\(fields.count) fields, \(model) \(layout.fieldCount)"
            guard isWords(fields) else { return findings.add(number, isShort ? words : "no number in the whole row") }
            return trailer.append((number, words))
        }
        for line in trailer { findings.add(line.number, line.words) }
        trailer.removeAll()
        guard isOfInterest(fields, number) else { return }
        takeBar(fields, number)
    }

    /// A line that can be no row, not even one that is cut off: a note behind the data.
    private func isWords(_ fields: [ArraySlice<UInt8>]) -> Bool {
        guard let first = fields.first?.first, !(0x30...0x39).contains(first) else { return false }
        let text = String(decoding: fields[0], as: UTF8.self)
        let isMonth = TimeParser.month(text.prefix { $0.isLetter }.description) != nil
        let hasNumber = fields.contains { FieldParser.number($0) != nil }
        return !isMonth && !hasNumber && !symbols.contains { $0.hasPrefix(text) } && trailer.count < 100
    }

    private mutating func isOfInterest(_ fields: [ArraySlice<UInt8>], _ number: Int) -> Bool {
        if let column = layout.symbol {
            let name = String(decoding: fields[column], as: UTF8.self)
            if symbols.last != name, symbols.count < Self.mostSymbols, !symbols.contains(name) { symbols.append(name) }
            guard symbol.map({ $0 == name }) ?? (symbols.count == 1) else { return false }
        }
        if let column = layout.period {
            let name = String(decoding: fields[column], as: UTF8.self)
            if let period, period != name {
                findings.add(number, "the timeframe is \"\(name)\", that of the rows before \"\(period)\"")
            }
            period = period ?? name
        }
        let prices = [layout.open, layout.high, layout.low, layout.close]
        return !(layout.isOfSeveral && prices.allSatisfy { fields[$0].isEmpty })
    }

    private mutating func takeBar(_ fields: [ArraySlice<UInt8>], _ number: Int) {
        let time = TimeParser.read(fields[layout.time], clock: layout.clock.map { fields[$0] })
        guard let shown = time.monthFirst ?? time.dayFirst, BarTime.valid.contains(shown),
            BarTime.valid.contains(time.dayFirst ?? shown)
        else {
            return findings.add(
                number, "the time \(quoted(fields[layout.time])) " + timeProblem(fields[layout.time]))
        }
        guard let open = price(fields[layout.open], "open", number),
            let high = price(fields[layout.high], "high", number), let low = price(fields[layout.low], "low", number),
            let close = price(fields[layout.close], "close", number),
            let volume = layout.volume.map({ self.volume(fields[$0], number) }) ?? 0
        else { return }
        if let problem = BarCheck.problem(
            previous: nil, time: shown, open: open, high: high, low: low, close: close, volume: volume)
        {
            return findings.add(number, problem)
        }
        if let column = layout.tickVolume {
            guard let ticks = self.volume(fields[column], number) else { return }
            tickVolume.append(ticks)
        }
        dates.take(time, fields[layout.time], number)
        table.open.append(open)
        table.high.append(high)
        table.low.append(low)
        table.close.append(close)
        table.volume.append(volume)
    }

    private mutating func price(_ field: ArraySlice<UInt8>, _ name: String, _ number: Int) -> Double? {
        if let value = FieldParser.number(field) {
            if !hasPoint { hasPoint = field.contains(UInt8(ascii: ".")) }
            return value
        }
        if let value = ShownNumber.grouped(field) {
            let text = String(decoding: field, as: UTF8.self)
            hasPoint = hasPoint || text.contains(".") || text.count { $0 == "," } > 1
            comma = comma ?? (number, text)
            return value
        }
        let rule = field.contains(UInt8(ascii: ",")) ? "a number with a decimal point" : "a number"
        findings.add(number, "\(name) is \(quoted(field)), must be \(rule)")
        return nil
    }

    private mutating func volume(_ field: ArraySlice<UInt8>, _ number: Int) -> Double? {
        if ShownNumber.isAbsent(field) {
            volumesAbsent += 1
            return 0
        }
        return ShownNumber.abbreviated(field) ?? price(field, "volume", number)
    }

    private func timeProblem(_ field: ArraySlice<UInt8>) -> String {
        guard !FieldParser.isDateAndClockInOne(field) else {
            return "reads as a date and a clock, and as a number of seconds or milliseconds since 1970; "
                + "write it like 2010-01-04T09:30:00Z"
        }
        return "cannot be read; it must be like 2010-01-04, 2010-01-04T09:30:00Z, or seconds or milliseconds since 1970"
    }

    private func quoted(_ field: ArraySlice<UInt8>) -> String {
        "\"\(String(decoding: field.prefix(40), as: UTF8.self))\""
    }

    /// The table, oldest bar first.
    ///
    /// - Throws: whatever is wrong with it.
    consuming func finished(warn: (String) -> Void) throws(ImportProblem) -> BarTable {
        if !symbols.isEmpty { _ = try InstrumentNames.choose(symbol, of: symbols, in: "the file") }
        let (times, order) = try dates.decided(isMonthFirst: layout.isMonthFirst)
        let wrong = findings.with(order.isOrdered ? Findings() : order.findings)
        guard wrong.count == 0 else { throw wrong }
        guard !times.isEmpty else { throw ImportProblem("the file has no bars") }
        if let comma, !hasPoint {
            throw ImportProblem(
                "line \(comma.number): \"\(comma.text)\" reads as a thousand and as a fraction; write numbers with a "
                    + "decimal point and without commas")
        }
        table.time = times
        if !tickVolume.isEmpty, table.volume.allSatisfy({ $0 == 0 }) {
            table.volume = tickVolume
        } else if volumesAbsent > 0 {
            warn("\(volumesAbsent) of the volumes are not given, and are 0")
        }
        if order.isNewestFirst { table.turnRound() }
        if let remark = layout.remark { warn(remark) }
        if let first = trailer.first {
            warn("the words behind the table, from line \(first.number) on, are passed over")
        }
        return table
    }
}

extension BarTable {
    fileprivate mutating func turnRound() {
        time.reverse()
        open.reverse()
        high.reverse()
        low.reverse()
        close.reverse()
        volume.reverse()
    }
}
