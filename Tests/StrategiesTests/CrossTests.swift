import Testing

@testable import Strategies

@Suite struct CrossTests {
    private func turns(_ ties: CrossDetector.Ties, _ differences: [Double]) -> [CrossDetector.Turn] {
        var detector = CrossDetector(ties, first: differences[0])
        return differences.dropFirst().map { detector.next($0) }
    }

    @Test func aPlainCrossIsSeenByBothRules() {
        for ties in CrossDetector.Ties.allCases {
            #expect(turns(ties, [-1, 1, -2]) == [.up, .down])
        }
    }

    @Test func touchThenCrossIsOneCrossForTheRobustRuleAndNoneForTheStrict() {
        #expect(turns(.robust, [-1, 0, 0, 1]) == [.none, .none, .up])
        #expect(turns(.strict, [-1, 0, 0, 1]) == [.none, .none, .none])
    }

    @Test func touchAndReturnIsNoCross() {
        for ties in CrossDetector.Ties.allCases {
            #expect(turns(ties, [1, 0, 1]) == [.none, .none])
        }
    }

    @Test func aStartAtZeroIsNoCross() {
        for ties in CrossDetector.Ties.allCases {
            #expect(turns(ties, [0, 1]) == [.none])
        }
    }

    @Test(arguments: [(CrossDetector.Ties.strict, 88), (.robust, 96)])
    func theTiesSetHasAsManyCrossesAsCounted(ties: CrossDetector.Ties, count: Int) throws {
        let data = try Fixture.data("synth_ties")
        let crosses = data.withBars { bars in
            let indicators = IndicatorSet(bars: bars, pool: ColumnPool())
            let fast = indicators[.simpleAverage(10)]
            let slow = indicators[.simpleAverage(20)]
            return withExtendedLifetime(indicators) {
                var detector = CrossDetector(ties, first: fast[19] - slow[19])
                return (20..<bars.count).count { detector.next(fast[$0] - slow[$0]) != .none }
            }
        }
        #expect(crosses == count)
    }

    @Test func theDefaultIsTheRobustRule() throws {
        let robust = try StrategyRegistry.resolve("sma_crossover", version: nil, [])
        #expect(robust.parameters.text("cross") == "robust")
    }
}
