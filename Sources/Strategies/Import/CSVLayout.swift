/// Which column of a CSV file holds what.
struct CSVLayout: Equatable {
    let delimiter: UInt8
    /// How many fields every row has.
    let fieldCount: Int
    let time: Int
    /// Where the clock has a column of its own, beside the date's.
    var clock: Int?
    let open: Int
    let high: Int
    let low: Int
    let close: Int
    var volume: Int?
    /// Ticks per bar, which stand for the volume where that is 0 throughout.
    var tickVolume: Int?
    /// What the rows are of: an instrument's name.
    var symbol: Int?
    /// The bars' timeframe, said in every row.
    var period: Int?
    /// A table of several instruments side by side, of which the columns of one are read.
    var isOfSeveral = false
    /// Where a header says so: which of two ways a date like 01/02/2024 is meant.
    var isMonthFirst = false
    /// What is to be said of the choice of columns.
    var remark: String?

    /// The delimiter of a line: the one of `,` `;` tab and `|` that stands in it most often.
    static func delimiter(of line: ArraySlice<UInt8>) -> UInt8 {
        let counts = [UInt8(ascii: ","), UInt8(ascii: ";"), 0x09, UInt8(ascii: "|")].map { candidate in
            (candidate, line.count { $0 == candidate })
        }
        return counts.max { $0.1 < $1.1 }?.0 ?? UInt8(ascii: ",")
    }

    /// A file without a header.
    ///
    /// Time, open, high, low, close and volume, or without volume; the same with a clock behind the date, as MetaTrader
    /// and HistData write it (then also with tick volume, volume and spread); and what exchanges write: Binance's
    /// twelve fields, Kraken's seven. With any other number of fields nobody can say which is which.
    static func withoutHeader(
        _ fields: [ArraySlice<UInt8>], delimiter: UInt8, number: Int
    ) throws(ImportProblem) -> CSVLayout {
        let isEpoch = fields[0].count >= 9 && fields[0].allSatisfy { $0 >= 0x30 && $0 <= 0x39 }
        let hasClock = fields.count > 1 && !isEpoch && fields[1].contains(UInt8(ascii: ":"))
        let known = hasClock ? [6, 7, 9] : isEpoch ? [5, 6, 7, 12] : [5, 6]
        guard known.contains(fields.count) else {
            throw ImportProblem(
                "line \(number): \(fields.count) fields, and no header with Date, Open, High, Low, Close; without a "
                    + "header the fields must be time, open, high, low, close and volume")
        }
        let first = hasClock ? 2 : 1
        let hasVolume = fields.count > first + 4
        var layout = CSVLayout(
            delimiter: delimiter, fieldCount: fields.count, time: 0, clock: hasClock ? 1 : nil, open: first,
            high: first + 1, low: first + 2, close: first + 3, volume: hasVolume ? first + 4 : nil)
        if hasClock, fields.count == 9 { (layout.volume, layout.tickVolume) = (7, 6) }
        return layout
    }
}
