/// One instrument for each strategy of the registry, made beforehand: the hot path indexes an array.
///
/// Inlinable, since a generic of another module is looked up by its metadata at each access.
package struct PerStrategy<One: Sendable>: Sendable {
    @usableFromInline let instruments: [One]

    init(_ instruments: [One]) {
        self.instruments = instruments
    }

    /// The instrument of the strategy with this index (`MetricRegistry.strategyIndex(of:)`); that of `unknown` for an
    /// index that is none.
    @inlinable package subscript(strategy: Int) -> One {
        instruments[strategy >= 0 && strategy < instruments.count ? strategy : 0]
    }

    /// All of them, `unknown` first.
    package var all: [One] { instruments }
}
