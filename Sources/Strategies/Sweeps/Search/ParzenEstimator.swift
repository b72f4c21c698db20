import Glibc

/// How values of one axis are spread, from those seen: a mixture that can be drawn from and whose density is known.
///
/// Bergstra, Bardenet, Bengio, Kégl: Algorithms for Hyper-Parameter Optimization, NIPS 2011. Of a range it is a normal
/// distribution about each value seen, cut off at the ends, of a width that is the distance to the farther of its two
/// neighbours; and the prior, one about the middle that is as wide as the range. Of a list, which has no distances, it is how often
/// each value was seen, and once more.
struct ParzenEstimator {
    private struct Component {
        let mean: Double
        let width: Double
        /// The probability below the range, and within it.
        let below: Double
        let within: Double

        init(mean: Double, width: Double) {
            self.mean = mean
            self.width = width
            below = NormalDistribution.cumulative(-mean / width)
            within = NormalDistribution.cumulative((1 - mean) / width) - below
        }
    }

    private let count: Int
    private let components: [Component]
    /// Of a list, the weight of each value.
    private let weights: [Double]

    /// - Parameters:
    ///   - positions: of the sets seen, from 0 to `count - 1`.
    ///   - count: how many values the axis has.
    ///   - isList: whether they are without distances.
    init(_ positions: [Int], count: Int, isList: Bool) {
        self.count = count
        guard !isList else {
            var weights = [Double](repeating: 1, count: count)
            for position in positions { weights[position] += 1 }
            (self.weights, components) = (weights, [])
            return
        }
        // The prior has a place among the others, for their distances.
        let means = (positions.map { (Double($0) + 0.5) / Double(count) } + [0.5]).sorted()
        let prior = means.firstIndex(of: 0.5)
        let narrowest = max(1 / Double(min(100, means.count + 1)), 1 / Double(count))
        components = means.indices.map { index in
            let left = means[index] - (index > 0 ? means[index - 1] : 0)
            let right = (index + 1 < means.count ? means[index + 1] : 1) - means[index]
            return Component(mean: means[index], width: index == prior ? 1 : min(1, max(left, right, narrowest)))
        }
        weights = []
    }

    /// A position by chance.
    ///
    /// - Parameters:
    ///   - choice: which part of the mixture, from 0 to below 1.
    ///   - place: where in it, from 0 to below 1.
    func draw(_ choice: Double, _ place: Double) -> Int {
        guard components.isEmpty else {
            let component = components[min(components.count - 1, Int(choice * Double(components.count)))]
            let probability = component.below + place * component.within
            let value = component.mean + component.width * NormalDistribution.quantile(probability)
            return min(count - 1, max(0, Int(min(max(value, 0), 1) * Double(count))))
        }
        var rest = choice * weights.reduce(0, +)
        for (position, weight) in weights.enumerated() {
            rest -= weight
            if rest < 0 { return position }
        }
        return count - 1
    }

    /// Of a range, or the probability of a list's value.
    func density(_ position: Int) -> Double {
        guard components.isEmpty else {
            let value = (Double(position) + 0.5) / Double(count)
            let sum = components.reduce(0) { sum, component in
                let distance = (value - component.mean) / component.width
                return sum + exp(-distance * distance / 2) / (component.width * component.within)
            }
            return sum / (2 * Double.pi).squareRoot() / Double(components.count)
        }
        return weights[position] / weights.reduce(0, +)
    }
}
