import Glibc

/// What a test of a Sharpe ratio needs to know of the returns behind it.
struct ReturnMoments: Equatable, Sendable {
    /// How many returns.
    let count: Int
    /// Of one period, not of a year: mean less the risk-free rate, over the sample's standard deviation.
    let sharpe: Double
    /// m₃ / m₂^1.5, of the central moments m.
    let skewness: Double
    /// m₄ / m₂²: 3 for normal returns.
    let kurtosis: Double
}

extension ReturnMoments {
    /// - Returns: nil where the returns are fewer than two or all alike: there is no Sharpe ratio.
    init?(_ returns: [Double], riskFree: Double) {
        let number = Double(returns.count)
        let mean = returns.reduce(0, +) / number
        let (squares, cubes, fourths) = returns.reduce((0.0, 0.0, 0.0)) { sums, value in
            let square = (value - mean) * (value - mean)
            return (sums.0 + square, sums.1 + square * (value - mean), sums.2 + square * square)
        }
        let variance = squares / number
        guard returns.count > 1, variance > 0, variance.isFinite else { return nil }
        self.init(
            count: returns.count, sharpe: (mean - riskFree) / (squares / (number - 1)).squareRoot(),
            skewness: cubes / number / (variance * variance.squareRoot()),
            kurtosis: fourths / number / (variance * variance))
    }

    /// The probability that the true Sharpe ratio is above the benchmark, were this set the only one ever tried.
    ///
    /// PSR(SR*) = Φ((SR − SR*) · √(T − 1) / √(1 − γ₃ · SR + (γ₄ − 1) / 4 · SR²)), with T returns of skewness γ₃ and
    /// kurtosis γ₄: Bailey, López de Prado, "The Sharpe Ratio Efficient Frontier", Journal of Risk 15 (2012).
    /// NaN where the root is of no positive number: the approximation does not hold there.
    func probabilistic(above benchmark: Double = 0) -> Double {
        let spread = 1 - skewness * sharpe + (kurtosis - 1) / 4 * sharpe * sharpe
        guard spread > 0 else { return .nan }
        return NormalDistribution.cumulative(
            (sharpe - benchmark) * Double(count - 1).squareRoot() / spread.squareRoot())
    }
}

/// The Sharpe ratio that the best of so many sets without any skill is expected to have.
///
/// SR₀ = √V · ((1 − γ) · Φ⁻¹(1 − 1/N) + γ · Φ⁻¹(1 − 1/(N · e))), with V the variance of the sets' Sharpe ratios and γ
/// Euler's constant. PSR(SR₀) is the deflated Sharpe ratio: Bailey, López de Prado, "The Deflated Sharpe Ratio",
/// Journal of Portfolio Management 40 (2014). NaN for fewer than two sets.
func expectedBestSharpe(of sets: Int, variance: Double) -> Double {
    guard sets > 1 else { return .nan }
    let euler = 0.577_215_664_901_532_860_6
    let number = Double(sets)
    // Φ⁻¹(1 − p) is −Φ⁻¹(p), which loses no digits.
    let first = -NormalDistribution.quantile(1 / number)
    let second = -NormalDistribution.quantile(1 / (number * exp(1)))
    return variance.squareRoot() * ((1 - euler) * first + euler * second)
}
