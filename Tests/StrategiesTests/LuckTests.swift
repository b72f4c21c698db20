import Testing

@testable import Strategies

/// Formulas against figures that numpy, scipy and mpmath have computed from the same numbers.
@Suite struct LuckTests {
    /// (u - 0.5)³ / 5 + 0.0008: 250 returns with fat tails.
    private static let returns: [Double] = {
        var generator = SeededGenerator(seed: 11)
        return (0..<250).map { _ in
            let centred = uniform(&generator) - 0.5
            return centred * centred * centred * 0.2 + 0.0008
        }
    }()

    private static func uniform(_ generator: inout SeededGenerator) -> Double {
        Double(generator.next() >> 11) * 0x1p-53
    }

    @Test(arguments: [
        (1e-300, -37.047096299361199), (1e-20, -9.2623400897984076), (0.001, -3.0902323061678135),
        (0.05, -1.6448536269514727), (0.075, -1.4395314709384559), (0.3, -0.52440051270804082), (0.5, 0),
        (0.9, 1.2815515655446006), (0.975, 1.9599639845400539),
    ]) func quantilesAreThoseOfTheNormalDistribution(probability: Double, value: Double) {
        #expect(isClose(NormalDistribution.quantile(probability), value, 1e-15 * 4))
        #expect(isClose(NormalDistribution.cumulative(value), probability, 1e-14))
    }

    @Test func quantilesBeyondEverythingAreInfiniteOrNone() {
        #expect(NormalDistribution.quantile(0) == -.infinity && NormalDistribution.quantile(1) == .infinity)
        #expect(NormalDistribution.quantile(-0.1).isNaN && NormalDistribution.quantile(1.1).isNaN)
    }

    @Test(arguments: [
        (0.0, 0.0, 0.23834423472800087, 0.9998457265696359), (0.0001, 0.05, 0.22730190934816774, 0.9964438394660391),
    ]) func theProbabilisticSharpeRatioIsTheAuthors(riskFree: Double, benchmark: Double, sharpe: Double, value: Double)
        throws
    {
        let moments = try #require(ReturnMoments(Self.returns, riskFree: riskFree))
        #expect(moments.count == 250 && isClose(moments.sharpe, sharpe))
        #expect(isClose(moments.skewness, -0.16468176895793188) && isClose(moments.kurtosis, 4.334309758969835))
        #expect(isClose(moments.probabilistic(above: benchmark), value))
    }

    @Test func rareLossesMakeASharpeRatioLessSure() throws {
        let returns = Self.returns.enumerated().map { $0.offset % 50 == 7 ? -0.06 : $0.element }
        let moments = try #require(ReturnMoments(returns, riskFree: 0))
        #expect(isClose(moments.skewness, -2.191865969615034) && isClose(moments.kurtosis, 12.300139256646599))
        #expect(isClose(moments.probabilistic(), 0.8453419990379314))
        let normal = ReturnMoments(count: 250, sharpe: moments.sharpe, skewness: 0, kurtosis: 3)
        #expect(normal.probabilistic() > moments.probabilistic())
    }

    @Test func returnsAllAlikeHaveNoSharpeRatio() {
        #expect(ReturnMoments([0.5, 0.5, 0.5], riskFree: 0) == nil && ReturnMoments([0.1], riskFree: 0) == nil)
        #expect(ReturnMoments([], riskFree: 0) == nil)
        #expect(ReturnMoments(count: 100, sharpe: 2, skewness: 3, kurtosis: 1).probabilistic().isNaN)
    }

    @Test(arguments: [
        (2, 0.01, 0.051975534428059393), (100, 0.0004, 0.050612057864033642), (150_000, 0.0004, 0.089564561343882063),
        (100_000_000, 1, 5.7104457156637483),
    ]) func theBestOfManyWithoutSkillIsExpectedWhereTheAuthorsSay(sets: Int, variance: Double, value: Double) {
        #expect(isClose(expectedBestSharpe(of: sets, variance: variance), value, 1e-13))
        #expect(expectedBestSharpe(of: 1, variance: variance).isNaN)
    }

    // MARK: Sums

    @Test func theSumsOfSharpeRatiosDependOnNeitherOrderNorSplit() {
        var generator = SeededGenerator(seed: 3)
        let values = (0..<1000).map { _ in Self.uniform(&generator) * 0.2 - 0.05 } + [.nan, 0]
        var whole = SharpeSums()
        for value in values { whole.add(value) }
        #expect(whole.sets == 1001)
        for _ in 0..<5 {
            var parts = (0..<7).map { _ in SharpeSums() }
            for value in values.shuffled(using: &generator) {
                parts[Int.random(in: 0..<7, using: &generator)].add(value)
            }
            #expect(parts.shuffled(using: &generator).reduce(into: SharpeSums()) { $0.add($1) } == whole)
        }
        let defined = values.filter { !$0.isNaN }
        let mean = defined.reduce(0, +) / 1001
        #expect(isClose(whole.variance, defined.reduce(0) { $0 + ($1 - mean) * ($1 - mean) } / 1000, 1e-11))
    }

    @Test func ratiosThatHardlyDifferHaveTheirVariance() {
        var sums = SharpeSums()
        for value in [1000, 1000 + 0x1p-30, 1000 + 0x1p-29] { sums.add(value) }
        #expect(sums.variance == 0x1p-60)
        sums.add(.infinity)
        #expect(sums.variance > 100)
        #expect(SharpeSums().variance.isNaN)
        #expect(SharpeSums(sets: 2, sum: .max, squares: 0).variance.isNaN)
    }

    // MARK: Overfitting

    /// Sets of uniform returns in ±1 %, each with a little more drift than the one before.
    private func matrix(seed: UInt64, sets: Int, returns: Int, drift: Double = 0) -> [[Double]] {
        var generator = SeededGenerator(seed: seed)
        return (0..<sets).map { set in
            (0..<returns).map { _ in (Self.uniform(&generator) - 0.5) * 0.02 + drift * Double(set) }
        }
    }

    private func overfitting(_ matrix: [[Double]], blocks: Int, riskFree: Double = 0) -> Overfitting? {
        let bounds = (0...blocks).map { matrix[0].count * $0 / blocks }
        let parts = zip(bounds, bounds.dropFirst()).map { $0..<$1 }
        let sets = matrix.map { returns in
            Overfitting.Returns(
                sums: parts.map { returns[$0].reduce(0, +) },
                squares: parts.map { returns[$0].reduce(0) { $0 + $1 * $1 } })
        }
        return Overfitting(sets, periods: parts.map(\.count), riskFree: riskFree)
    }

    @Test(arguments: [
        (0.0, 0.0, 7211.0, -0.1585172507743504), (0.0003, 0, 1774, 1.4264777294292434),
        (0.0003, 0.001, 1959, 1.262443070098285),
    ]) func theProbabilityOfOverfittingIsThatOfEveryChoiceTakenAlone(
        drift: Double, riskFree: Double, notAbove: Double, logit: Double
    ) throws {
        // 165 returns: blocks of ten and of eleven.
        let sets = matrix(seed: 7, sets: 9, returns: 165, drift: drift)
        let found = try #require(overfitting(sets, blocks: 16, riskFree: riskFree))
        #expect(found.splits == 12_870 && found.sets == 9)
        #expect(found.probability == notAbove / 12_870 && isClose(found.meanLogit, logit))
    }

    @Test func setsThatNeverTradeAndSetsThatAreEqualHaveTheirRanks() throws {
        var sets = matrix(seed: 3, sets: 6, returns: 41)
        sets[2] = [Double](repeating: 0, count: 41)
        sets[4] = sets[1]
        let four = try #require(overfitting(sets, blocks: 4))
        #expect(four.splits == 6 && four.probability == 0 && isClose(four.meanLogit, 1.7917594692280545))
        let six = try #require(overfitting(sets, blocks: 6, riskFree: 0.0002))
        #expect(six.splits == 20 && six.probability == 0.4 && isClose(six.meanLogit, 0.37063271420392424))
    }

    @Test func withoutAChoiceThereIsNoOverfitting() {
        let sets = matrix(seed: 3, sets: 3, returns: 40)
        #expect(overfitting([sets[0]], blocks: 4) == nil)
        #expect(overfitting(sets, blocks: 5) == nil && overfitting(sets, blocks: 18) == nil)
        let returns = Overfitting.Returns(sums: [0, 0], squares: [0, 0])
        #expect(Overfitting([returns, returns], periods: [0, 9], riskFree: 0) == nil)
        #expect(Overfitting([returns, returns], periods: [9, 9, 9, 9], riskFree: 0) == nil)
    }

    // MARK: The sample

    @Test(arguments: [257, 441, 1000, 150_000, Sweep.maximumSets / 1000]) func oneSetOfEachPartIsInTheSample(count: Int)
    {
        let sample = SetSample(of: count)
        let chosen = (0..<count).filter { sample.contains($0) }
        #expect(chosen.map { $0 * SetSample.most / count } == Array(0..<SetSample.most))
    }

    @Test func aSmallSweepIsInTheSampleAltogetherAndALargeOneFavoursNoValue() {
        #expect((0..<256).allSatisfy { SetSample(of: 256).contains($0) })
        let sample = SetSample(of: 2560)
        let places = (0..<2560).filter { sample.contains($0) }.map { $0 % 10 }
        for place in 0..<10 { #expect((10...45).contains(places.count { $0 == place }), "\(place)") }
        #expect((0..<Sweep.maximumSets).suffix(400_000).contains { SetSample(of: Sweep.maximumSets).contains($0) })
    }

    // MARK: Blocks

    /// Days, and hours of which twenty-four are one return.
    @Test(arguments: [1, 24]) func blocksHoldTheReturnsInTheirOrderAndChangeNoSum(perDay: Int) throws {
        var generator = SeededGenerator(seed: 21)
        let bars = 75 * perDay
        let time = (0..<bars).map { 1_578_268_800_000 + Int64($0) * BarTime.millisecondsPerDay / Int64(perDay) }
        var equity = (0..<bars).map { _ in 10_000 + Self.uniform(&generator) * 500 }
        for bar in 30..<40 { equity[bar] = equity[29] }
        time.withUnsafeBufferPointer { time in
            equity.withUnsafeMutableBufferPointer { equity in
                let calendar = Calendar(time: time)
                #expect(calendar.isIntraday == (perDay > 1))
                guard let blocks = ReturnBlocks(time, calendar) else {
                    Issue.record("no blocks")
                    return
                }
                let plain = PeriodReturns(equity, time, calendar)
                #expect(!blocks.isRecorded)
                let recorded = PeriodReturns(equity, time, calendar, blocks)
                #expect(blocks.isRecorded && recorded.sum == plain.sum && recorded.squares == plain.squares)
                #expect(recorded.count == plain.count && recorded.geometricMean == plain.geometricMean)
                let values = PeriodReturns.values(equity, time, calendar)
                #expect(values.count == 74 && blocks.periods.reduce(0, +) == 74)
                #expect(blocks.periods.allSatisfy { (4...5).contains($0) } && blocks.periods.count == 16)
                var sums: [Double] = []
                blocks.appendSums(to: &sums)
                var first = 0
                for (block, count) in blocks.periods.enumerated() {
                    let part = values[first..<first + count]
                    first += count
                    #expect(isClose(sums[block], part.reduce(0, +), 1e-13))
                    #expect(isClose(sums[16 + block], part.reduce(0) { $0 + $1 * $1 }, 1e-13))
                }
            }
        }
    }

    @Test func tooFewReturnsHaveNoBlocks() {
        for (bars, has) in [(33, true), (32, false), (1, false), (0, false)] {
            let time = (0..<bars).map { Int64($0) * BarTime.millisecondsPerDay }
            let blocks = time.withUnsafeBufferPointer { ReturnBlocks($0, Calendar(time: $0)) }
            #expect((blocks != nil) == has, "\(bars)")
        }
    }
}
