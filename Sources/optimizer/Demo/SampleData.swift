import Glibc
import Messages
import Strategies
import System
import Worker

/// The market data the demo runs on.
struct SampleData {
    static let name = "sample"
    static let timeframe = "1d"
    /// Where the shipped file lies, from the root of the project.
    static let shippedFile = "deploy/data/synth_walk.csv"
    private static let minimumBars = 200

    let bars: Int

    /// Finds the file: the one that is named, else the shipped one under the working directory, else under a directory
    /// above the executable.
    static func find(_ named: String?) throws(CommandFailure) -> String {
        if let named {
            guard isReadable(named) else { throw CommandFailure("cannot read \(named)", code: ExitCode.noInput) }
            return named
        }
        var candidates = [shippedFile]
        var directory = ExecutablePath.beside("").map { $0.split(separator: "/").map(String.init) } ?? []
        while !directory.isEmpty {
            candidates.append("/" + (directory + [shippedFile]).joined(separator: "/"))
            directory.removeLast()
        }
        guard let found = candidates.first(where: isReadable) else {
            throw CommandFailure(
                "cannot find the sample data: neither here nor above the executable is there a \(shippedFile); "
                    + "name a CSV file of daily bars with --data FILE", code: ExitCode.noInput)
        }
        return found
    }

    private static func isReadable(_ path: String) -> Bool { unsafe path.withPath { unsafe access($0, R_OK) } == 0 }

    /// Imports a CSV file under a data root.
    init(importing file: String, under root: String) throws(CommandFailure) {
        guard let name = DataSetName(dataset: Self.name, timeframe: Self.timeframe) else {
            throw CommandFailure("the data set cannot be called \(Self.name)", code: ExitCode.software)
        }
        do throws(ImportProblem) {
            bars = try DataSetImport.run(file, as: name, under: root).bars
        } catch {
            throw CommandFailure("\(file) cannot be used:\n\(error)", code: ExitCode.dataError)
        }
        guard bars >= Self.minimumBars else {
            throw CommandFailure(
                "\(file) has \(bars) bars, the demo wants at least \(Self.minimumBars)", code: ExitCode.dataError)
        }
    }
}
