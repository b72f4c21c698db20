/// What the figures of a set over several data sets come to.
enum Aggregate: String, CaseIterable, Sendable {
    case mean, median, min, max

    /// - Parameter values: one for each data set, in their order.
    /// - Returns: NaN where one of them is undefined: what is known of some of them cannot be compared with what is known of
    ///   all.
    func callAsFunction(_ values: [Double]) -> Double {
        guard let first = values.first, !values.contains(where: \.isNaN) else { return .nan }
        guard values.count > 1 else { return first }
        switch self {
        // Parts are added up: figures may be as large as doubles are.
        case .mean: return values.reduce(0) { $0 + $1 / Double(values.count) }
        case .median: return Plateau.median(of: values)
        case .min: return values.reduce(first) { Swift.min($0, $1) }
        case .max: return values.reduce(first) { Swift.max($0, $1) }
        }
    }
}
