/// The mean of the last `period` closes.
func fillSimpleAverage(_ column: UnsafeMutableBufferPointer<Double>, _ sums: PrefixSums, _ period: Int) {
    // One division of two exact numbers: equal means give equal doubles, whatever their periods.
    let divisor = Double(period) * sums.scale
    let count = unsafe sums.high.count - 1
    if sums.isExact {
        let high = unsafe sums.high
        for end in period..<count + 1 { unsafe column[end - 1] = (high[end] - high[end - period]) / divisor }
    } else {
        for end in period..<count + 1 {
            unsafe column[end - 1] = sums.window(endingBefore: end, length: period) / divisor
        }
    }
}

/// alpha = 2 / (n + 1), seeded with the mean of the first n values from `start` on.
func fillExponentialAverage(
    _ column: UnsafeMutableBufferPointer<Double>, _ values: UnsafeBufferPointer<Double>, _ period: Int, from start: Int
) {
    let seed = start + period - 1
    var sum = 0.0
    for bar in start...seed { unsafe sum += values[bar] }
    var average = sum / Double(period)
    unsafe column[seed] = average
    let alpha = 2 / Double(period + 1)
    for bar in seed + 1..<max(seed + 1, values.count) {
        unsafe average += alpha * (values[bar] - average)
        unsafe column[bar] = average
    }
}
