/// Cells that are 1/32 of an octave wide from about 1 µs to about 70 minutes: a quantile is right within 3.2 %.
enum LogLinearScale {
    static let cellCount = 1024
    private static let firstOctave = 10
    private static let cellsPerOctave = 32

    /// The cell of a time in nanoseconds. The first holds what is below the scale, the last what is above it.
    static func cell(of nanoseconds: UInt64) -> Int {
        let octave = 63 - nanoseconds.leadingZeroBitCount
        guard octave >= firstOctave else { return 0 }
        let part = Int((nanoseconds >> UInt64(octave - 5)) & 31)
        return min(1 + (octave - firstOctave) * cellsPerOctave + part, cellCount - 1)
    }

    /// The bounds of a cell in milliseconds.
    static func bounds(ofCell cell: Int) -> (lower: Double, upper: Double) {
        guard cell > 0 else { return (0, edge(0)) }
        return (edge(cell - 1), edge(cell))
    }

    private static func edge(_ index: Int) -> Double {
        let (octave, part) = index.quotientAndRemainder(dividingBy: cellsPerOctave)
        let start = Double(UInt64(1) << UInt64(firstOctave + octave))
        return start * (1 + Double(part) / Double(cellsPerOctave)) / 1e6
    }
}
