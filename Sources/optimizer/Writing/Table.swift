import Messages

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
            let text = cell.escapedForTerminal
            return column.isRight ? text.leftPadded(to: column.width) : text.padded(to: column.width)
        }
        let line = padded.joined(separator: "  ")
        return String(line.reversed().drop { $0 == " " }.reversed())
    }

    /// The header and all rows, as wide as they need.
    static func lines(_ columns: [Column], _ rows: [[String]]) -> [String] {
        var table = Table(columns)
        for row in rows {
            for (index, cell) in row.enumerated().prefix(columns.count) {
                table.columns[index].width = max(table.columns[index].width, cell.escapedForTerminal.count)
            }
        }
        return [table.header] + rows.map { table.row($0) }
    }
}
