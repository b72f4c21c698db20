/// How far an import has come.
package struct ImportProgress: Equatable, Sendable {
    /// Of the file as it lies on the disk.
    package let bytesRead: Int
    package let bytesTotal: Int
    package let bars: Int
}

/// Reads a CSV file into a table, checking every bar.
struct CSVReader {
    private var fields: [ArraySlice<UInt8>] = []
    private var search: HeaderSearch
    private var rows: RowReader?
    private static let progressEvery = 100_000

    private init(symbol: String?) { search = HeaderSearch(symbol: symbol) }

    /// - Parameters:
    ///   - symbol: the instrument whose rows are read; nil: all rows are of one.
    ///   - warn: called with what is odd and taken all the same.
    /// - Throws: every finding with its line number, the first twenty of them in words.
    static func read(
        _ path: String, symbol: String? = nil, progress: (ImportProgress) -> Void, warn: (String) -> Void = { _ in }
    ) throws(ImportProblem) -> BarTable {
        let lines = try LineReader(path: path)
        var reader = CSVReader(symbol: symbol)
        var isAtEnd = false
        while !isAtEnd {
            let got: Void? = try lines.nextLine { line throws(ImportProblem) in
                try reader.take(line, number: lines.lineNumber)
            }
            isAtEnd = got == nil
            if lines.lineNumber % progressEvery == 0 || isAtEnd {
                progress(
                    ImportProgress(
                        bytesRead: lines.position, bytesTotal: lines.size, bars: reader.rows?.count ?? 0))
            }
        }
        guard let rows = reader.rows else { throw reader.search.problem ?? ImportProblem("the file has no bars") }
        let table = try rows.finished(warn: warn)
        if let last = reader.search.skipped.last {
            warn("\(reader.search.skipped.count) lines up to line \(last) stand before the table and are passed over")
        }
        return table
    }

    private mutating func take(_ line: ArraySlice<UInt8>, number: Int) throws(ImportProblem) {
        guard !line.allSatisfy({ $0 == 0x20 || $0 == 0x09 }) else { return }
        guard let delimiter = rows?.layout.delimiter else { return try takeFirst(line, number: number) }
        CSVFields.split(line, at: delimiter, into: &fields)
        rows?.take(&fields, number)
    }

    private mutating func takeFirst(_ line: ArraySlice<UInt8>, number: Int) throws(ImportProblem) {
        let delimiter = CSVLayout.delimiter(of: line)
        CSVFields.split(line, at: delimiter, into: &fields)
        switch try search.take(fields, delimiter: delimiter, number: number) {
        case nil: break
        case .header(let layout): rows = try RowReader(layout, hasHeader: true, symbol: search.symbol)
        case .row(let layout):
            rows = try RowReader(layout, hasHeader: false, symbol: search.symbol)
            rows?.take(&fields, number)
        }
    }
}
