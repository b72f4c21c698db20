/// A view of market data: one column per quantity, all of the same length.
///
/// Safety: it owns nothing. `MarketData` keeps the memory and hands the view out for the length of a call. Who reads a column
/// says `unsafe`: in a release build nobody looks whether the index is one of a bar.
@safe
struct Bars {
    /// UTC milliseconds since 1970, strictly increasing.
    let time: UnsafeBufferPointer<Int64>
    let open: UnsafeBufferPointer<Double>
    let high: UnsafeBufferPointer<Double>
    let low: UnsafeBufferPointer<Double>
    let close: UnsafeBufferPointer<Double>
    /// The logarithm of close[t] / close[t-1]; entry 0 is 0.
    let logReturn: UnsafeBufferPointer<Double>
    /// Sums of closes from the first bar of the data set on; one entry more than there are bars.
    let sums: PrefixSums

    var count: Int { unsafe close.count }

    /// The view of a range of these bars; the sums stay valid because only their differences are used.
    func slice(_ range: Range<Int>) -> Bars {
        unsafe Bars(
            time: .init(rebasing: time[range]), open: .init(rebasing: open[range]),
            high: .init(rebasing: high[range]), low: .init(rebasing: low[range]),
            close: .init(rebasing: close[range]), logReturn: .init(rebasing: logReturn[range]),
            sums: sums.slice(range))
    }
}
