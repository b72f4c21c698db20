import Testing

@testable import Strategies

/// Every indicator against its definition, computed the slow way, and the exactness of the sums.
@Suite struct IndicatorTests {
    private func values(_ indicator: Indicator, _ table: BarTable) -> [Double] { values(indicator, MarketData(table)) }

    private func values(
        _ indicator: Indicator, _ data: MarketData, _ range: Range<Int>? = nil, _ pool: ColumnPool = ColumnPool()
    ) -> [Double] {
        data.withBars(range) { bars in
            let set = IndicatorSet(bars: bars, pool: pool)
            return withExtendedLifetime(set) { Array(set[indicator]) }
        }
    }

    private func compare(_ indicator: Indicator, _ table: BarTable, _ expected: (Int) -> Double) {
        let values = values(indicator, table)
        #expect(values.count == table.count)
        for bar in indicator.firstValid..<table.count where !isClose(values[bar], expected(bar), 1e-10) {
            Issue.record("\(indicator) at \(bar) is \(values[bar]), must be \(expected(bar))")
        }
    }

    private func mean(_ values: ArraySlice<Double>) -> Double { values.reduce(0, +) / Double(values.count) }

    @Test(arguments: [1, 2, 3, 5, 14, 50]) func windowsEqualTheirDefinition(period: Int) {
        for (seed, grid) in [(1, 0.01), (2, 0.25), (3, nil)] as [(UInt64, Double?)] {
            let table = randomTable(seed: seed, bars: 120, grid: grid)
            let close = table.close
            compare(.simpleAverage(period), table) { mean(close[$0 - period + 1...$0]) }
            compare(.rateOfChange(period), table) { 100 * (close[$0] / close[$0 - period] - 1) }
            compare(.priorHigh(period), table) { table.high[$0 - period..<$0].max() ?? .nan }
            compare(.priorLow(period), table) { table.low[$0 - period..<$0].min() ?? .nan }
            compare(.deviation(period), table) { bar in
                let window = close[bar - period + 1...bar]
                let center = mean(window)
                return (window.reduce(0) { $0 + ($1 - center) * ($1 - center) } / Double(period)).squareRoot()
            }
        }
    }

    @Test func theExponentialAverageIsSeededWithTheSimpleOne() {
        var table = Scenario(flat: [1, 2, 3, 4, 8]).table
        #expect(values(.exponentialAverage(3), table) == [0, 0, 2, 3, 5.5])
        table = Scenario(flat: [5, 1]).table
        #expect(values(.exponentialAverage(1), table) == [5, 1])
    }

    @Test func theSignalIsTheAverageOfTheLine() {
        let table = randomTable(seed: 4, bars: 60)
        let fast = values(.exponentialAverage(3), table)
        let slow = values(.exponentialAverage(6), table)
        compare(.macdLine(fast: 3, slow: 6), table) { fast[$0] - slow[$0] }
        let line = zip(fast, slow).map { $0 - $1 }
        let signal = values(.macdSignal(fast: 3, slow: 6, signal: 4), table)
        #expect(isClose(signal[8], mean(line[5...8])))
        #expect(isClose(signal[9], signal[8] + 0.4 * (line[9] - signal[8])))
    }

    @Test func theRelativeStrengthIndexIsWilders() {
        // Changes +2 -1 +3 -2: first averages (2 + 0) / 2 and (0 + 1) / 2, then smoothed.
        let index = values(.relativeStrength(2), Scenario(flat: [10, 12, 11, 14, 12]).table)
        #expect(isClose(index[2], 100 * 1 / 1.5))
        #expect(isClose(index[3], 100 * 2 / 2.25))
        #expect(isClose(index[4], 100 * 1 / (1 + 1.125)))
    }

    @Test func withoutAnyMovementTheIndexIsInTheMiddle() {
        #expect(values(.relativeStrength(2), Scenario(flat: [7, 7, 7, 7]).table).suffix(2) == [50, 50])
    }

    @Test(arguments: [0.01, 0.25, 1, 0.0001]) func onAGridEqualAveragesAreEqualDoubles(grid: Double) {
        // Two values that repeat: the averages of 2, 4 and 10 bars are the same number.
        let prices = (0..<400).map { 100 + Double($0 % 2 == 0 ? 7 : 3) * grid }.map {
            ($0 / grid).rounded() / (1 / grid)
        }
        let table = Scenario(flat: prices).table
        let two = values(.simpleAverage(2), table)
        for period in [4, 10, 100] {
            let other = values(.simpleAverage(period), table)
            #expect(two.suffix(300) == other.suffix(300))
        }
    }

    @Test func withoutAGridASumIsAsExactAsOneAddition() {
        let prices = (0..<5000).map { 1000 * 1.0001234567891 / Double($0 % 97 + 3) }
        let data = MarketData(Scenario(flat: prices).table)
        data.withBars { bars in
            #expect(!bars.sums.isExact)
            for end in stride(from: 50, through: 5000, by: 371) {
                // 106 bits hold the sum of 50 doubles of about one size without loss.
                var (high, low) = (0.0, 0.0)
                for price in prices[end - 50..<end] {
                    let sum = high + price
                    let back = sum - high
                    low += (high - (sum - back)) + (price - back)
                    high = sum
                }
                #expect(abs(bars.sums.window(endingBefore: end, length: 50) - (high + low)) <= (high + low).ulp)
            }
        }
    }

    @Test func theSampleSetsLieOnTheirGrids() throws {
        #expect(try Fixture.data("synth_walk").bars.sums.scale == 100)
        #expect(try Fixture.data("synth_ties").bars.sums.scale == 100)
    }

    @Test func aSliceHasTheAveragesOfItsOwnBars() {
        let table = randomTable(seed: 9, bars: 80)
        let data = MarketData(table)
        let whole = values(.simpleAverage(5), data)
        let part = values(.simpleAverage(5), data, 20..<60)
        #expect(part.count == 40)
        #expect(Array(part[4...]) == Array(whole[24..<60]))
    }

    @Test func aColumnFromThePoolHoldsNothingOfItsFormerUse() {
        let table = randomTable(seed: 10, bars: 40)
        let pool = ColumnPool()
        let long = MarketData(randomTable(seed: 11, bars: 90))
        let data = MarketData(table)
        _ = values(.simpleAverage(3), long, nil, pool)
        let indicators: [Indicator] = [
            .simpleAverage(7), .macdSignal(fast: 2, slow: 5, signal: 3), .relativeStrength(4),
        ]
        for indicator in indicators {
            #expect(values(indicator, data, nil, pool) == values(indicator, table))
        }
    }
}
