/// Lines with columns, for people.
struct Table {
    struct Column {
        let title: String
        /// Characters; a wider cell takes what it needs.
        var width: Int
        /// Numbers stand at the right.
        let isRight: Bool

        static func left(_ title: String, _ width: Int = 0) -> Column { Column(title, width, isRight: false) }
        static func right(_ title: String, _ width: Int = 0) -> Column { Column(title, width, isRight: true) }

        private init(_ title: String, _ width: Int, isRight: Bool) {
            self.title = title
            self.width = max(width, title.count)
            self.isRight = isRight
        }
    }

    private var columns: [Column]

    init(_ columns: [Column]) { self.columns = columns }

    var header: String { row(columns.map(\.title)) }

    /// One line. What came from outside cannot move the cursor or colour the terminal.
    func row(_ cells: [String]) -> String {
        let padded = zip(columns, cells).map { column, cell in
            let text = cell.printable
            return column.isRight
                ? String(repeating: " ", count: max(0, column.width - text.count)) + text : text.padded(to: column.width)
        }
        let line = padded.joined(separator: "  ")
        return String(line.reversed().drop { $0 == " " }.reversed())
    }

    /// The header and all rows, as wide as they need.
    static func lines(_ columns: [Column], _ rows: [[String]]) -> [String] {
        var table = Table(columns)
        for row in rows {
            for (index, cell) in row.enumerated().prefix(columns.count) {
                table.columns[index].width = max(table.columns[index].width, cell.count)
            }
        }
        return [table.header] + rows.map { table.row($0) }
    }
}

extension String {
    /// The text on one line, without control characters.
    var printable: String {
        guard unicodeScalars.contains(where: { $0.isControl }) else { return self }
        return String(String.UnicodeScalarView(unicodeScalars.map { $0.isControl ? " " : $0 }))
    }
}

extension Unicode.Scalar {
    fileprivate var isControl: Bool { properties.generalCategory == .control }
}

extension Double {
    /// With so many digits behind the point.
    func fixed(_ digits: Int) -> String {
        guard isFinite, abs(self) < 1e12 else { return description }
        var scale = 1
        for _ in 0..<digits { scale *= 10 }
        let scaled = Int((abs(self) * Double(scale)).rounded())
        let sign = self < 0 && scaled > 0 ? "-" : ""
        guard digits > 0 else { return sign + String(scaled) }
        let fraction = String(scaled % scale)
        return sign + "\(scaled / scale)." + String(repeating: "0", count: digits - fraction.count) + fraction
    }
}
