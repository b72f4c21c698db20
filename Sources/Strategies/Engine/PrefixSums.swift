/// Sums of the closes from the first bar on, from which every window's sum is one subtraction.
///
/// Exactness: prices nearly always lie on a decimal grid (cents, quarter ticks). Where all closes are whole
/// multiples of 10^-k and the running total stays below 2^53, the sums are kept in units of the grid and are exact,
/// so that two equal averages compare equal. Otherwise each sum carries its rounding error along (two-sum), and a
/// window is as exact as one rounded addition.
///
/// Safety: a view, as `Bars` is and in which it lies.
@safe
struct PrefixSums {
    /// `high[t]` is the sum of the first t closes, in grid units.
    let high: UnsafeBufferPointer<Double>
    /// What `high` lost to rounding; empty when the sums are exact.
    let low: UnsafeBufferPointer<Double>
    /// Grid units per unit of price: 100 for cents, 1 where there is no grid.
    let scale: Double

    var isExact: Bool { unsafe low.isEmpty }

    /// Grid units over the window of `length` closes that ends before bar `end`.
    func window(endingBefore end: Int, length: Int) -> Double {
        let rough = unsafe high[end] - high[end - length]
        return unsafe isExact ? rough : rough + (low[end] - low[end - length])
    }

    /// The sums of a range of the bars: the entries before and after each of them.
    func slice(_ range: Range<Int>) -> PrefixSums {
        let entries = range.lowerBound...range.upperBound
        return unsafe PrefixSums(
            high: .init(rebasing: high[entries]), low: isExact ? low : .init(rebasing: low[entries]), scale: scale)
    }

    /// The finest grid considered: 10^-6 covers quoted prices; finer values are adjusted ones and lie on no grid.
    static let finestDigits = 6

    /// How many grid units a price of 1 has, or nil where the prices lie on no decimal grid or the sums would not
    /// be exact.
    static func gridScale(of prices: UnsafeBufferPointer<Double>) -> Double? {
        var scale = 1.0
        var digits = 0
        var total = 0.0
        for index in prices.indices {
            let price = unsafe prices[index]
            // A double read from "94.09" is the nearest one to 9409/100, and so is the quotient.
            while (price * scale).rounded() / scale != price {
                digits += 1
                guard digits <= finestDigits else { return nil }
                scale *= 10
            }
            total += price
        }
        return total * scale < 0x1p53 ? scale : nil
    }

    /// Fills `high` (and `low`, where there is no grid), each one entry longer than the prices.
    static func fill(
        _ high: UnsafeMutableBufferPointer<Double>, _ low: UnsafeMutableBufferPointer<Double>,
        from prices: UnsafeBufferPointer<Double>, scale: Double?
    ) {
        unsafe high[0] = 0
        guard let scale else { return unsafe fillCarryingErrors(high, low, from: prices) }
        for index in prices.indices {
            unsafe high[index + 1] = high[index] + (prices[index] * scale).rounded()
        }
    }

    private static func fillCarryingErrors(
        _ high: UnsafeMutableBufferPointer<Double>, _ low: UnsafeMutableBufferPointer<Double>,
        from prices: UnsafeBufferPointer<Double>
    ) {
        unsafe low[0] = 0
        for index in prices.indices {
            let price = unsafe prices[index]
            // Knuth's two-sum: sum and error together are exact.
            let sum = unsafe high[index] + price
            let back = unsafe sum - high[index]
            let error = unsafe (high[index] - (sum - back)) + (price - back)
            unsafe high[index + 1] = sum
            unsafe low[index + 1] = low[index] + error
        }
    }
}
