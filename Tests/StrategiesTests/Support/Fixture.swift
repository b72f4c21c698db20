import Foundation
import Messages

@testable import Strategies

/// The reference files and the data sets they were made from.
enum Fixture {
    struct Missing: Error { let what: String }

    static func path(_ file: String) throws -> String {
        guard let url = Bundle.module.url(forResource: "Fixtures/" + file, withExtension: nil) else {
            throw Missing(what: file)
        }
        return url.path
    }

    static func json(_ file: String) throws -> JSONValue {
        try JSONValue.parse([UInt8](Data(contentsOf: URL(fileURLWithPath: path(file)))))
    }

    static func table(_ name: String) throws -> BarTable {
        try CSVReader.read(path(name + ".csv")) { _ in }
    }

    /// The first bars of a data set: what a debug build works through in milliseconds.
    static func table(_ name: String, first count: Int) throws -> BarTable { slice(try table(name), 0..<count) }

    static func slice(_ table: BarTable, _ range: Range<Int>) -> BarTable {
        BarTable(
            time: Array(table.time[range]), open: Array(table.open[range]), high: Array(table.high[range]),
            low: Array(table.low[range]), close: Array(table.close[range]), volume: Array(table.volume[range]))
    }

    /// Puts a table under a data root.
    ///
    /// - Returns: its version.
    static func publish(_ table: BarTable, as dataset: String, under root: String) throws -> String {
        guard let name = DataSetName(dataset: dataset, timeframe: "1d") else { throw Missing(what: dataset) }
        return "sha256:" + (try DataSetWriter.publish(ColumnFile.encode(table), as: name, under: root))
    }

    static func data(_ name: String) throws -> MarketData { MarketData(try table(name)) }
}

/// What the reference files leave open: 1e-9 relative, or as much absolutely where the value is near zero.
func isClose(_ a: Double, _ b: Double, _ tolerance: Double = 1e-9) -> Bool {
    abs(a - b) <= max(tolerance * max(abs(a), abs(b)), tolerance)
}

/// SplitMix64: the same numbers for the same seed, everywhere.
struct SeededGenerator: RandomNumberGenerator {
    private var state: UInt64

    init(seed: UInt64) { state = seed }

    mutating func next() -> UInt64 {
        state &+= 0x9E37_79B9_7F4A_7C15
        var value = state
        value = (value ^ (value >> 30)) &* 0xBF58_476D_1CE4_E5B9
        value = (value ^ (value >> 27)) &* 0x94D0_49BB_1331_11EB
        return value ^ (value >> 31)
    }
}
