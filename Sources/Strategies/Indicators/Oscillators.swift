/// Wilder's relative strength index: the first averages are plain means; without any movement it is 50.
func fillRelativeStrength(
    _ column: UnsafeMutableBufferPointer<Double>, _ close: UnsafeBufferPointer<Double>, _ period: Int
) {
    let weight = Double(period - 1)
    let divisor = Double(period)
    var gain = 0.0
    var loss = 0.0
    for bar in 1..<close.count {
        let change = unsafe close[bar] - close[bar - 1]
        let up = max(change, 0)
        let down = max(-change, 0)
        if bar <= period {
            gain += up
            loss += down
            guard bar == period else { continue }
            gain /= divisor
            loss /= divisor
        } else {
            gain = (gain * weight + up) / divisor
            loss = (loss * weight + down) / divisor
        }
        unsafe column[bar] = gain + loss > 0 ? 100 * gain / (gain + loss) : 50
    }
}

/// The population's standard deviation of the last `period` closes, from the distances to their mean: the difference
/// of large squares that a running sum would take loses what a narrow band needs.
func fillDeviation(
    _ column: UnsafeMutableBufferPointer<Double>, _ close: UnsafeBufferPointer<Double>,
    _ mean: UnsafeBufferPointer<Double>, _ period: Int
) {
    let divisor = Double(period)
    for bar in period - 1..<close.count {
        let center = unsafe mean[bar]
        // Four sums side by side: one alone would wait for itself at every addition.
        var squares = SIMD4<Double>.zero
        var index = bar - period + 1
        while index + 3 <= bar {
            let distance = unsafe SIMD4(close[index], close[index + 1], close[index + 2], close[index + 3]) - center
            squares += distance * distance
            index += 4
        }
        var sum = squares.sum()
        while index <= bar {
            unsafe sum += (close[index] - center) * (close[index] - center)
            index += 1
        }
        unsafe column[bar] = (sum / divisor).squareRoot()
    }
}
