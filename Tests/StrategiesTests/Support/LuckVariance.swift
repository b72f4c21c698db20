import Messages
import Testing

@testable import Strategies

/// A sweep says how many sets it has tried, and how the Sharpe ratios of those vary that have one.
///
/// - Returns: their variance.
func expectVariance(of luck: JSONValue, sets: Int, _ moments: [ReturnMoments]) throws -> Double {
    #expect(luck["sets_tried"]?.integer == sets && luck["sharpe_sets"]?.integer == moments.count)
    let mean = moments.reduce(0) { $0 + $1.sharpe } / Double(moments.count)
    let variance = moments.reduce(0) { $0 + ($1.sharpe - mean) * ($1.sharpe - mean) } / Double(moments.count - 1)
    #expect(isClose(try #require(luck["sharpe_variance"]?.double) / variance, 1))
    return variance
}
