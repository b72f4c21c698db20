import Glibc

/// How long steps take: gamma distributed, which has the mean and the variation that are asked for and no negative times.
/// Variation 0 is always the same, 1 exponential; above it most are short and few are very long.
package struct StepTimes: Sendable, Hashable {
    /// Milliseconds.
    package let mean: Double
    /// The standard deviation as a part of the mean.
    package let variation: Double

    package init(mean: Double, variation: Double) {
        self.mean = mean
        self.variation = variation
    }

    /// Below it the shape is no sound number, and what is drawn is the mean in all its digits that count.
    private static let leastVariation = 1e-6

    /// Milliseconds of one step.
    package func draw(_ generator: inout SeededGenerator) -> Double {
        guard variation > Self.leastVariation else { return mean }
        let shape = 1 / (variation * variation)
        return mean / shape * Self.gamma(shape, &generator)
    }

    /// Marsaglia and Tsang, "A simple method for generating gamma variables" (2000).
    private static func gamma(_ shape: Double, _ generator: inout SeededGenerator) -> Double {
        if shape < 1 { return gamma(shape + 1, &generator) * pow(generator.unit(), 1 / shape) }
        let d = shape - 1.0 / 3
        let c = 1 / (9 * d).squareRoot()
        while true {
            let x = normal(&generator)
            let root = 1 + c * x
            guard root > 0 else { continue }
            let v = root * root * root
            if log(generator.unit()) < x * x / 2 + d - d * v + d * log(v) { return d * v }
        }
    }

    /// Box and Muller.
    private static func normal(_ generator: inout SeededGenerator) -> Double {
        (-2 * log(generator.unit())).squareRoot() * cos(2 * .pi * generator.unit())
    }
}
