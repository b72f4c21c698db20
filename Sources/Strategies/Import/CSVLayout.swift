/// Which column of a CSV file holds what.
struct CSVLayout: Equatable {
    let delimiter: UInt8
    let time: Int
    /// Where the clock has a column of its own, beside the date's.
    var clock: Int?
    let open: Int
    let high: Int
    let low: Int
    let close: Int
    var volume: Int?

    /// How many fields a line must have at least.
    var width: Int { [time, clock ?? 0, open, high, low, close, volume ?? 0].reduce(0, max) + 1 }

    private static let dates = [
        "date", "datetime", "timestamp", "time", "open time", "opentime", "gmt time", "unix", "",
    ]

    /// The delimiter of a line: the one of `,` `;` tab and `|` that stands in it most often.
    static func delimiter(of line: ArraySlice<UInt8>) -> UInt8 {
        let counts = [UInt8(ascii: ","), UInt8(ascii: ";"), 0x09, UInt8(ascii: "|")].map { candidate in
            (candidate, line.count { $0 == candidate })
        }
        return counts.max { $0.1 < $1.1 }?.0 ?? UInt8(ascii: ",")
    }

    /// Reads the layout from a file's first line.
    ///
    /// - Returns: nil where the line is no header but holds values already.
    /// - Throws: where it is a header and a column is missing or not clear.
    static func header(_ fields: [ArraySlice<UInt8>], delimiter: UInt8) throws(ImportProblem) -> CSVLayout? {
        let names = fields.map(name)
        guard names.contains(where: isPriceName) else { return nil }
        func column(_ candidates: [String]) -> Int? {
            for candidate in candidates {
                if let index = names.firstIndex(of: candidate) { return index }
            }
            return nil
        }
        let found = names.map { "\"\($0)\"" }.joined(separator: ", ")
        func required(_ what: String, _ candidates: [String]) throws(ImportProblem) -> Int {
            if let index = column(candidates) { return index }
            throw ImportProblem("line 1: no column for \(what); the header has \(found)")
        }
        for what in ["open", "high", "low", "close"] where names.count(where: { $0 == what }) > 1 {
            throw ImportProblem("line 1: \"\(what)\" stands in the header twice")
        }
        var layout = CSVLayout(
            delimiter: delimiter, time: try required("the time (Date, Datetime, Timestamp or time)", dates),
            open: try required("open", ["open", "o"]), high: try required("high", ["high", "h"]),
            low: try required("low", ["low", "l"]), close: try required("close", ["close", "c", "close/last", "last"]),
            volume: column(["volume", "vol", "v", "tickvol", "tick volume"]))
        if names[layout.time] == "date" { layout.clock = names.firstIndex(of: "time") }
        return layout
    }

    /// A file without a header: time, open, high, low, close and, where there is a sixth field, volume. Binance's
    /// klines are such a file.
    static func withoutHeader(_ fields: [ArraySlice<UInt8>], delimiter: UInt8) throws(ImportProblem) -> CSVLayout {
        guard fields.count >= 5 else {
            throw ImportProblem(
                "line 1: \(fields.count) fields, and no header with Date, Open, High, Low, Close; without a header the "
                    + "fields must be time, open, high, low, close and volume")
        }
        return CSVLayout(
            delimiter: delimiter, time: 0, open: 1, high: 2, low: 3, close: 4, volume: fields.count > 5 ? 5 : nil)
    }

    private static func isPriceName(_ name: String) -> Bool {
        ["open", "high", "low", "close", "close/last"].contains(name)
    }

    /// `<OPEN>`, `Open_Time` and ` open time` are the same to us.
    private static func name(_ field: ArraySlice<UInt8>) -> String {
        var text = String(decoding: field, as: UTF8.self).lowercased().replacing("_", with: " ")
        text.removeAll { $0 == "<" || $0 == ">" || $0 == "\"" }
        return String(text.drop { $0 == " " }.reversed().drop { $0 == " " }.reversed())
    }
}

/// Splits a line into its fields, without the quotes and spaces around them.
enum CSVFields {
    static func split(_ line: ArraySlice<UInt8>, at delimiter: UInt8, into fields: inout [ArraySlice<UInt8>]) {
        fields.removeAll(keepingCapacity: true)
        var start = line.startIndex
        var isQuoted = false
        for index in line.indices {
            let byte = line[index]
            if byte == UInt8(ascii: "\"") { isQuoted.toggle() }
            if byte == delimiter, !isQuoted {
                fields.append(bare(line[start..<index]))
                start = index + 1
            }
        }
        fields.append(bare(line[start...]))
    }

    private static func bare(_ field: ArraySlice<UInt8>) -> ArraySlice<UInt8> {
        var rest = field
        while let first = rest.first, first == 0x20 || first == 0x09 { rest = rest.dropFirst() }
        while let last = rest.last, last == 0x20 || last == 0x09 { rest = rest.dropLast() }
        if rest.count >= 2, rest.first == UInt8(ascii: "\""), rest.last == UInt8(ascii: "\"") {
            rest = rest.dropFirst().dropLast()
        }
        return rest
    }
}
