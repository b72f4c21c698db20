/// How far an import has come.
package struct ImportProgress: Equatable, Sendable {
    /// Of the file as it lies on the disk.
    package let bytesRead: Int
    package let bytesTotal: Int
    package let bars: Int
}

/// Reads a CSV file into a table, checking every bar.
struct CSVReader {
    private var table = BarTable()
    private var findings: [String] = []
    private var findingCount = 0
    private var fields: [ArraySlice<UInt8>] = []
    private var layout: CSVLayout?
    private static let progressEvery = 100_000

    /// - Throws: every finding with its line number, the first twenty of them in words.
    static func read(
        _ path: String, progress: (ImportProgress) -> Void
    ) throws(ImportProblem) -> BarTable {
        let lines = try LineReader(path: path)
        var reader = CSVReader()
        var isAtEnd = false
        while !isAtEnd {
            let got: Void? = try lines.nextLine { line throws(ImportProblem) in
                try reader.take(line, number: lines.lineNumber)
            }
            isAtEnd = got == nil
            if lines.lineNumber % progressEvery == 0 || isAtEnd {
                progress(
                    ImportProgress(bytesRead: lines.position, bytesTotal: lines.size, bars: reader.table.count))
            }
        }
        guard reader.findingCount == 0 else {
            throw ImportProblem(findings: reader.findings, count: reader.findingCount)
        }
        guard reader.table.count > 0 else { throw ImportProblem("the file has no bars") }
        return reader.table
    }

    private mutating func take(_ line: ArraySlice<UInt8>, number: Int) throws(ImportProblem) {
        guard !line.allSatisfy({ $0 == 0x20 || $0 == 0x09 }) else { return }
        guard let layout else { return try takeFirst(line, number: number) }
        CSVFields.split(line, at: layout.delimiter, into: &fields)
        takeBar(layout, number)
    }

    private mutating func takeFirst(_ line: ArraySlice<UInt8>, number: Int) throws(ImportProblem) {
        let delimiter = CSVLayout.delimiter(of: line)
        CSVFields.split(line, at: delimiter, into: &fields)
        if let header = try CSVLayout.header(fields, delimiter: delimiter) {
            layout = header
            return
        }
        let plain = try CSVLayout.withoutHeader(fields, delimiter: delimiter)
        layout = plain
        takeBar(plain, number)
    }

    private mutating func takeBar(_ layout: CSVLayout, _ number: Int) {
        guard fields.count >= layout.width else {
            return find(number, "\(fields.count) fields, at least \(layout.width) are needed")
        }
        let clock = layout.clock.map { fields[$0] }
        guard let time = FieldParser.time(fields[layout.time], clock: clock), BarTime.valid.contains(time) else {
            return find(number, "the time \(shown(layout.time)) " + timeProblem(layout))
        }
        guard let open = price(layout.open, "open", number), let high = price(layout.high, "high", number),
            let low = price(layout.low, "low", number), let close = price(layout.close, "close", number),
            let volume = layout.volume.map({ price($0, "volume", number) }) ?? 0
        else { return }
        if let problem = BarCheck.problem(
            previous: table.time.last, time: time, open: open, high: high, low: low, close: close, volume: volume)
        {
            return find(number, problem)
        }
        table.time.append(time)
        table.open.append(open)
        table.high.append(high)
        table.low.append(low)
        table.close.append(close)
        table.volume.append(volume)
    }

    private mutating func price(_ column: Int, _ name: String, _ number: Int) -> Double? {
        if let value = FieldParser.number(fields[column]) { return value }
        find(number, "\(name) is \(shown(column)), must be a number")
        return nil
    }

    private func timeProblem(_ layout: CSVLayout) -> String {
        guard !FieldParser.isDateAndClockInOne(fields[layout.time]) else {
            return
                "reads as a date and a clock, and as a number of seconds or milliseconds since 1970; write it like 2010-01-04T09:30:00Z"
        }
        return "cannot be read; it must be like 2010-01-04, 2010-01-04T09:30:00Z, or seconds or milliseconds since 1970"
    }

    private func shown(_ column: Int) -> String {
        "\"\(String(decoding: fields[column].prefix(40), as: UTF8.self))\""
    }

    private mutating func find(_ number: Int, _ what: String) {
        findingCount += 1
        if findings.count < ImportProblem.maximumFindings { findings.append("line \(number): \(what)") }
    }
}
