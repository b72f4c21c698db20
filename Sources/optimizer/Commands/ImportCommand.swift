import Configuration
import Glibc
import Messages
import Strategies
import Worker

/// `optimizer import`: market data from CSV.
enum ImportCommand: Command {
    static let name = "import"
    static let summary = "CSV into a data set under the data root"
    static let help = """
        optimizer import CSV|- --dataset NAME [--timeframe 1d] [--symbol NAME] [--json]

        Reads bars from CSV, packed with gzip or not, in UTF-8 or UTF-16: a header in any case and order or none, a time
        as a date, ISO 8601 or seconds or milliseconds since 1970 (without an offset UTC), open, high, low, close and,
        where there is one, volume; oldest first or newest first. So do yfinance, Stooq, Dukascopy, HistData,
        MetaTrader, CryptoDataDownload, NASDAQ, investing.com, Alpha Vantage, Polygon, Binance, Coinbase and Kraken
        write them. Every bar is checked, and nothing is written where one is wrong. Of a file with several instruments
        --symbol takes one. The same bars imported again are the same version; steps
        that run meanwhile keep the version they have. Where no timeframe is given and the bars are no days, they are
        refused with the timeframe that fits.

        Exit codes: 0 done; 64 a name that cannot be; 65 bars are wrong, each named with its line; 66 CSV cannot be
        read; 73 the data root cannot be written to.
        """
    static let options = [
        ConfigurationOptions.config, ConfigurationOptions.set,
        Option("dataset", value: "NAME", "what requests call it"),
        Option("timeframe", value: "TIME", "of one bar, as requests say it (1d)"),
        Option("symbol", value: "NAME", "the instrument to take of a file with several"),
        Option("json", "the data set as one JSON object"),
    ]

    static func run(_ arguments: Arguments) throws(CommandFailure) -> Int32 {
        try arguments.expectPositional(1...1, "CSV, or - for standard input")
        let name = try dataSetName(arguments)
        let root = try ConfigurationOptions.load(arguments).data.root
        let given = arguments.positional[0]
        let path = given == "-" ? "/dev/stdin" : given
        guard unsafe path.withPath({ unsafe access($0, R_OK) }) == 0 else {
            throw CommandFailure("cannot read \(given): \(SystemError.text(errno))", code: ExitCode.noInput)
        }
        let entry = try bring(path, given == "-" ? "standard input" : given, name, root, arguments)
        try DataWriter.write(arguments.has("json") ? [DataSetText.json(entry)] : DataSetText.table([entry]))
        return ExitCode.success
    }

    private static func bring(
        _ path: String, _ shown: String, _ name: DataSetName, _ root: String, _ arguments: Arguments
    ) throws(CommandFailure) -> DataSetEntry {
        var progress = ProgressLine()
        var warnings: [String] = []
        do throws(ImportProblem) {
            let entry = try DataSetImport.run(
                path, as: name, symbol: arguments.value("symbol"), under: root,
                isTimeframeAssumed: arguments.value("timeframe") == nil,
                progress: { progress.show(text($0)) }, warn: { warnings.append($0) })
            progress.clear()
            for warning in warnings { Output.words("\(shown): \(warning)") }
            return entry
        } catch {
            progress.clear()
            throw CommandFailure(
                "nothing was imported\n" + located(error, shown),
                code: error.isOfDataRoot ? ExitCode.cannotCreate : ExitCode.dataError)
        }
    }

    private static func dataSetName(_ arguments: Arguments) throws(CommandFailure) -> DataSetName {
        guard let dataset = arguments.value("dataset") else { throw .usage("needs --dataset NAME") }
        let timeframe = arguments.value("timeframe") ?? "1d"
        guard let name = DataSetName(dataset: dataset, timeframe: timeframe) else {
            let (option, value) =
                DataSetName.isValid(dataset) ? ("timeframe", timeframe) : ("dataset", dataset)
            throw .usage("--\(option) is \"\(value.escapedForTerminal)\", must be \(DataSetName.expectation)")
        }
        return name
    }

    private static func text(_ progress: ImportProgress) -> String {
        guard progress.bytesTotal > 0 else { return "\(progress.bars) bars" }
        return "\(progress.bars) bars, \(progress.bytesRead * 100 / progress.bytesTotal) %"
    }

    /// `FILE:12: …`, as every tool that reads lines says it, and without control characters of the file's.
    private static func located(_ problem: ImportProblem, _ file: String) -> String {
        problem.description.split(separator: "\n").map { finding in
            let words = String(finding).escapedForTerminal
            guard words.hasPrefix("line "), let colon = words.firstIndex(of: ":"),
                let number = Int(words[..<colon].dropFirst("line ".count))
            else { return words }
            return "\(file):\(number)\(words[colon...])"
        }.joined(separator: "\n")
    }
}
