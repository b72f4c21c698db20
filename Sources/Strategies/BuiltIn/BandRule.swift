/// Goes in where a value leaves a band on one side and out where it has come back over another line.
///
/// One rule for every strategy that holds one long position between two thresholds. The lines are given per bar, or
/// as one number by `Line.level`.
///
/// Safety: its lines are the backtest's indicators, whose set outlives the run, one value per bar of it.
@safe
struct BandRule: Rule {
    /// A threshold that moves with the bars or stands still.
    ///
    /// Safety: as of the rule.
    @safe
    enum Line {
        case level(Double)
        case column(UnsafeBufferPointer<Double>)
        /// middle + factor · width
        case band(middle: UnsafeBufferPointer<Double>, width: UnsafeBufferPointer<Double>, factor: Double)

        @inline(__always)
        func value(at bar: Int) -> Double {
            switch self {
            case .level(let level): level
            case .column(let values): unsafe values[bar]
            case .band(let middle, let width, let factor): unsafe middle[bar] + factor * width[bar]
            }
        }
    }

    enum Side { case above, below }

    let value: UnsafeBufferPointer<Double>
    /// A position is opened where the value is on this side of the entry line…
    let side: Side
    let entry: Line
    /// …and closed where it is on the other side of the exit line.
    let exit: Line

    @inline(__always)
    mutating func decide(at bar: Int, position: Double) -> Decision {
        let now = unsafe value[bar]
        if position == 0 {
            let line = entry.value(at: bar)
            return (side == .above ? now > line : now < line) ? .buy : .nothing
        }
        let line = exit.value(at: bar)
        return (side == .above ? now < line : now > line) ? .close : .nothing
    }
}
