/// One instrument for each strategy of the registry, made beforehand: the hot path indexes an array.
package struct PerStrategy<One: Sendable>: Sendable {
    private let instruments: [One]

    init(_ instruments: [One]) {
        self.instruments = instruments
    }

    /// The instrument of the strategy with this index (`MetricRegistry.strategyIndex(of:)`); that of `unknown` for an
    /// index that is none.
    package subscript(strategy: Int) -> One {
        instruments.indices.contains(strategy) ? instruments[strategy] : instruments[0]
    }

    /// All of them, `unknown` first.
    package var all: [One] { instruments }
}
