import Configuration
import Messages
import Strategies
import Worker

/// `--html`: the page of a sweep, with the curves where they can be computed here.
enum SweepReportFile {
    static func write(
        _ path: String, _ merged: JSONValue, _ results: SweepResults, _ connection: KafkaConnection,
        _ arguments: Arguments
    ) throws(CommandFailure) {
        guard results.merge.completedCount > 0 else {
            return Output.words("no page was written: no step is complete")
        }
        let definition = try definition(results, connection, arguments)
        let curves = ReportCurves.compute(
            definition, merged, dataRoot: connection.configuration.data.root, connection.configuration)
        let axes = try HeatMap.Choice(merged, x: arguments.value("x"), y: arguments.value("y"))
        let over = try HeatMap.Over(arguments)
        let page = SweepReport(merged: merged, definition: definition, curves: curves, axes: axes, over: over).html
        guard TextFile.write(page, to: path) else {
            throw CommandFailure("cannot write \(path)", code: ExitCode.failure)
        }
        Output.words("the page is \(path)".escapedForTerminal)
    }

    private static func external(_ connection: KafkaConnection) -> [StrategyDescriptor] {
        connection.configuration.strategies.map { $0.descriptor }
    }

    /// The sweep as it was submitted; nil where it cannot be had.
    private static func definition(
        _ results: SweepResults, _ connection: KafkaConnection, _ arguments: Arguments
    ) throws(CommandFailure) -> JSONValue? {
        guard let path = arguments.value("definition") else {
            return results.origin?.sweep(results.merge.id, connection)
        }
        var input = try InputLines(path)
        guard let bytes = try input.whole(upTo: 8 << 20, if: { _ in true }) else {
            throw CommandFailure("\(path) is too long for a sweep", code: ExitCode.dataError)
        }
        _ = try SweepDocument.parse(bytes, from: path, external: external(connection))
        return try? JSONValue.parse(bytes)
    }
}
