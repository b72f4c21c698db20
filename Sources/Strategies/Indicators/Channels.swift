/// The extreme of the `period` values before each bar.
///
/// A queue of candidates, each further from the extreme than the one before it: every value enters and leaves once,
/// whatever the period.
@inline(__always)
func fillPriorExtreme(
    _ column: UnsafeMutableBufferPointer<Double>, _ values: UnsafeBufferPointer<Double>, _ period: Int,
    isBeyond: (Double, Double) -> Bool
) {
    var candidates = [Int](repeating: 0, count: values.count)
    var head = 0
    var tail = 0
    for bar in 0..<values.count {
        if bar >= period {
            if candidates[head] < bar - period { head += 1 }
            unsafe column[bar] = values[candidates[head]]
        }
        while tail > head, unsafe isBeyond(values[bar], values[candidates[tail - 1]]) { tail -= 1 }
        candidates[tail] = bar
        tail += 1
    }
}
