/// Finds out how a file is laid out, from its first lines.
///
/// Before the header there may be lines of words. yfinance writes a header of three lines: what the columns are, of
/// which instrument, and the name of the index.
struct HeaderSearch {
    enum Found {
        /// The rows follow.
        case header(CSVLayout)
        /// There is no header: the line is the first row already.
        case row(CSVLayout)
    }

    /// Of the columns of several instruments, that of which to take; nil: there is to be one only.
    let symbol: String?
    private(set) var skipped: [Int] = []
    private var firstProblem: ImportProblem?
    private var columns: CSVHeader?
    private var tickers: [String]?
    private static let mostLines = 100

    init(symbol: String?) { self.symbol = symbol }

    /// What to say where the file has ended without a header.
    var problem: ImportProblem? { firstProblem }

    /// - Returns: nil where more lines are needed.
    mutating func take(
        _ fields: [ArraySlice<UInt8>], delimiter: UInt8, number: Int
    ) throws(ImportProblem) -> Found? {
        let header = CSVHeader(fields, number: number)
        if try takePivot(header, fields) { return nil }
        if let columns, let tickers {
            return .header(try pivot(columns, tickers, named: header, delimiter: delimiter))
        }
        guard columns == nil, tickers == nil else { throw Self.halfPivot(number) }
        if header.isHeader { return .header(try header.layout(delimiter: delimiter, symbol: symbol)) }
        let numbers = fields.count { FieldParser.number($0) != nil }
        if fields.count >= 5, numbers >= 4 {
            // A row whose fields are words is not taken for a line before the rows.
            if let firstProblem { throw firstProblem }
            return .row(try CSVLayout.withoutHeader(fields, delimiter: delimiter, number: number))
        }
        let isComment = fields.first?.first == UInt8(ascii: "#")
        if !isComment, firstProblem == nil {
            firstProblem = ImportProblem(
                "line \(number): \(fields.count) fields, and no header with Date, Open, High, Low, Close; without a "
                    + "header the fields must be time, open, high, low, close and volume")
        }
        skipped.append(number)
        if skipped.count > Self.mostLines, let firstProblem { throw firstProblem }
        return nil
    }

    /// Whether the line is one of the first two of a header of three.
    private mutating func takePivot(_ header: CSVHeader, _ fields: [ArraySlice<UInt8>]) throws(ImportProblem) -> Bool {
        guard fields.count >= 5 else { return false }
        if columns == nil, header.names[0] == "price" || (tickers != nil && header.isHeader), header.isHeader,
            !header.namesTime
        {
            columns = header
            return true
        }
        if tickers == nil, header.names[0] == "ticker", !header.isHeader {
            tickers = fields.map { String(decoding: $0, as: UTF8.self) }
            return true
        }
        return false
    }

    private static func halfPivot(_ number: Int) -> ImportProblem {
        ImportProblem(
            "line \(number): a header that begins with Price or Ticker has three lines: Price and the columns, Ticker "
                + "and the instruments, Date alone")
    }

    private func pivot(
        _ columns: CSVHeader, _ tickers: [String], named index: CSVHeader, delimiter: UInt8
    ) throws(ImportProblem) -> CSVLayout {
        guard tickers.count == columns.names.count, ["date", "datetime"].contains(index.names[0]),
            index.names.count == 1
        else { throw Self.halfPivot(index.number) }
        var names: [String] = []
        for ticker in tickers.dropFirst() where !names.contains(ticker) { names.append(ticker) }
        let chosen = try InstrumentNames.choose(symbol, of: names, in: "the header's line Ticker")
        let kept = columns.names.indices.map { column in
            column == 0 ? "date" : tickers[column] == chosen ? columns.names[column] : "(other)"
        }
        var layout = try CSVHeader(names: kept, number: columns.number).layout(delimiter: delimiter)
        layout.isOfSeveral = names.count > 1
        return layout
    }
}

/// Which of a file's instruments is meant.
enum InstrumentNames {
    private static let mostShown = 10

    /// - Throws: where there are several and none is asked for, or the one asked for is not there.
    static func choose(_ symbol: String?, of names: [String], in place: String) throws(ImportProblem) -> String? {
        let list = names.prefix(mostShown).joined(separator: ", ") + (names.count > mostShown ? ", …" : "")
        guard let symbol else {
            guard names.count > 1 else { return names.first }
            throw ImportProblem(
                "\(place) has \(names.count) instruments (\(list)), and a data set is of one; --symbol NAME picks it")
        }
        guard names.contains(symbol) else {
            throw ImportProblem("\(place) has no instrument \(symbol); it has \(list)")
        }
        return symbol
    }
}
