import Messages
import TestSupport
import Testing

@testable import Strategies

/// What is said of luck where sets are run on several data sets: of the portfolio of their runs.
@Suite struct SeveralLuckTests {
    private let fixture: SeveralFixture

    init() throws { fixture = try SeveralFixture() }

    /// The days from 1970 on, and the equity at the end of each, of a set on one data set.
    private func curve(_ plan: SweepPlan, _ set: Int, _ place: Int) throws -> [(day: Int, equity: Double)] {
        let run = try JSONValue.parse(fixture.host.run(plan.backtest(ofSet: set, data: place)))
        let times = try #require(run["equity_curve"]?["time"]?.elements)
            .compactMap { $0.string.flatMap(BarTime.parse)?.milliseconds }
        let equity = try #require(run["equity_curve"]?["equity"]?.elements).compactMap(\.double)
        return zip(times, equity).map { (Int($0 / 86_400_000), $1) }
    }

    /// A dictionary at a time, as slowly as can be.
    private func portfolio(_ curves: [[(day: Int, equity: Double)]]) -> [Double] {
        let days = Set(curves.flatMap { $0.map(\.day) }).sorted()
        return days.compactMap { day in
            var (there, sum) = (0, 0.0)
            for curve in curves where day > curve[0].day && day <= curve[curve.count - 1].day {
                there += 1
                guard let place = curve.firstIndex(where: { $0.day == day }) else { continue }
                sum += curve[place].equity / curve[place - 1].equity - 1
            }
            return there > 0 ? sum / Double(there) : nil
        }
    }

    @Test func itIsOfAPortfolioWithEqualPartsInEach() throws {
        let plan = try fixture.plan(SeveralFixture.text(more: ""))
        let merged = try fixture.merged(plan)
        let luck = try #require(merged["luck"])
        let sets = (0..<plan.sweep.setCount).filter { plan.sweep.admits(plan.sweep.parameters(of: $0)) }
        let returns = try sets.map { set in portfolio(try (0..<3).map { try curve(plan, set, $0) }) }
        let count = returns[0].count
        // From the day after the first bar of any to the last of all, on which two have no bar at weekends.
        #expect(count > 490 && returns.allSatisfy { $0.count == count })
        let moments = returns.compactMap { ReturnMoments($0, riskFree: 0) }
        let variance = try expectVariance(of: luck, sets: sets.count, moments)
        let best = try #require(luck["best"])
        #expect(best["index"] == merged["top"]?.elements?.first?["index"])
        let place = try #require(sets.firstIndex { $0 == best["index"]?.integer })
        let own = try #require(ReturnMoments(returns[place], riskFree: 0))
        let bar = expectedBestSharpe(of: sets.count, variance: variance)
        for (name, value) in [
            ("periods", Double(count)), ("sharpe_ratio", own.sharpe), ("skewness", own.skewness),
            ("probabilistic_sharpe_ratio", own.probabilistic()),
            ("deflated_sharpe_ratio", own.probabilistic(above: bar)),
        ] { #expect(isClose(try #require(best[name]?.double), value), "\(name)") }

        let bounds = (0...16).map { count * $0 / 16 }
        let parts = zip(bounds, bounds.dropFirst()).map { $0..<$1 }
        let blocks = returns.map { values in
            Overfitting.Returns(
                sums: parts.map { values[$0].reduce(0, +) },
                squares: parts.map { values[$0].reduce(0) { $0 + $1 * $1 } })
        }
        let expected = try #require(Overfitting(blocks, periods: parts.map(\.count), riskFree: 0))
        let found = try #require(luck["overfitting"])
        #expect(isClose(try #require(found["probability"]?.double), expected.probability))
        #expect(isClose(try #require(found["mean_logit"]?.double), expected.meanLogit))
        #expect(found["sets_compared"]?.integer == sets.count && found["periods"]?.integer == count)
    }

    @Test func aRunThatIsRuinedHasNothingMoreToLose() throws {
        // A day of -100 %, and then nothing: the other half goes on.
        let ruin =
            #"{"inline":{"time":[86400000,172800000,259200000,345600000],"open":[9,9,9,9],"high":[9,9,9,9],"#
            + #""low":[9,9,9,9],"close":[9,9,9,9]}}"#
        let table = try DataSelection(JSONValue.parse(Array(ruin.utf8))).data(under: "")
        let pool = ColumnPool()
        table.withBars { bars in
            let part = SweptBars(indicators: IndicatorSet(bars: bars, pool: pool), calendar: table.calendar)
            var portfolio = PortfolioReturns([part, part])
            let workspace = Workspace()
            portfolio.begin()
            for (place, equity) in [[10.0, 10, 0, 0], [10.0, 11, 11, 22]].enumerated() {
                workspace.begin(bars: 4)
                for (bar, value) in equity.enumerated() { unsafe workspace.equity[bar] = value }
                unsafe portfolio.add(workspace.equity, of: place)
            }
            let values = portfolio.values
            #expect(values.count == 3 && zip(values, [0.05, -0.5, 0.5]).allSatisfy { isClose($0, $1) })
            #expect(portfolio.periods.isEmpty && portfolio.blockSums.isEmpty)
        }
    }
}
