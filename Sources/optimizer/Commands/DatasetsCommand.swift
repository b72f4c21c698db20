import Configuration
import Messages
import Strategies
import Worker

/// `optimizer datasets`: what lies under the data root.
enum DatasetsCommand: Command {
    static let name = "datasets"
    static let summary = "the data sets under the data root"
    static let help = """
        optimizer datasets [--json]

        The newest version of every data set under data.root: name, timeframe, bars, first and last bar. A request may
        name a version to pin it.
        """
    static let options = [
        ConfigurationOptions.config, ConfigurationOptions.set,
        Option("json", "one JSON object per data set"),
    ]

    static func run(_ arguments: Arguments) throws(CommandFailure) -> Int32 {
        try arguments.expectPositional(0...0, "nothing")
        let root = try ConfigurationOptions.load(arguments).data.root
        let entries = DatasetCatalogue.list(root)
        try DataWriter.write(
            arguments.has("json") ? entries.map(DataSetText.json) : entries.isEmpty ? [] : DataSetText.table(entries))
        if entries.isEmpty {
            Output.words("no data sets under \(root); optimizer import CSV --dataset NAME brings one")
        }
        return ExitCode.success
    }
}

/// A data set as the commands write it.
enum DataSetText {
    static func table(_ entries: [DataSetEntry]) -> [String] {
        Table.lines(
            [.left("DATASET"), .left("TIMEFRAME"), .right("BARS"), .left("START"), .left("END"), .left("VERSION")],
            entries.map { entry in
                [
                    entry.name.dataset, entry.name.timeframe, String(entry.bars), entry.start, entry.end, entry.version,
                ]
            })
    }

    static func json(_ entry: DataSetEntry) -> String {
        JSONValue.object([
            JSONMember("dataset", .string(entry.name.dataset)), JSONMember("timeframe", .string(entry.name.timeframe)),
            JSONMember("bars", .integer(entry.bars)), JSONMember("start", .string(entry.start)),
            JSONMember("end", .string(entry.end)), JSONMember("version", .string(entry.version)),
        ]).text
    }
}
