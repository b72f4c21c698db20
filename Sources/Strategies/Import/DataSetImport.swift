/// Brings market data from CSV under the data root.
package enum DataSetImport {
    /// Reads a CSV file (packed with gzip or not), checks every bar, and publishes it as the newest version.
    ///
    /// The layouts that exchanges, brokers and data vendors write are read, oldest bar first or newest first. Importing
    /// the same bars again gives the same version.
    ///
    /// - Parameters:
    ///   - path: the CSV file.
    ///   - symbol: the instrument to take of a file that has several.
    ///   - root: the data root; it is made where it does not exist.
    ///   - isTimeframeAssumed: nobody has said the timeframe: bars that are further apart or closer are refused.
    ///   - progress: called every 100,000 lines and at the end.
    ///   - warn: called with what is odd and taken all the same.
    /// - Throws: every finding with its line number; nothing is written then.
    package static func run(
        _ path: String, as name: DataSetName, symbol: String? = nil, under root: String,
        isTimeframeAssumed: Bool = false, progress: (ImportProgress) -> Void = { _ in },
        warn: (String) -> Void = { _ in }
    ) throws(ImportProblem) -> DataSetEntry {
        let table = try CSVReader.read(path, symbol: symbol, progress: progress, warn: warn)
        if let better = TimeframeLabel.better(than: name.timeframe, for: table.time) {
            let finding = "the bars do not look like \(name.timeframe): most stand as far apart as bars of \(better)"
            guard !isTimeframeAssumed else {
                throw ImportProblem("\(finding); import them with --timeframe \(better), as requests will say it")
            }
            warn(finding)
        }
        let digest = try DataSetWriter.publish(ColumnFile.encode(table), as: name, under: root)
        return DataSetEntry(
            name: name, version: "sha256:" + digest, bars: table.count, start: BarTime.text(table.time.first ?? 0),
            end: BarTime.text(table.time.last ?? 0))
    }
}
