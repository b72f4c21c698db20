import Testing

@testable import Strategies

/// Examples computed by hand: what happens inside a bar, and in which order.
@Suite struct ExecutionTests {
    @Test func aDecisionFillsAtTheNextOpen() throws {
        let outcome = Scenario([(100, 110, 90, 105), (105, 112, 101, 110), (108, 120, 107, 115)]).run([1: .buy])
        let open = try #require(outcome.open)
        #expect(open == OpenPosition(size: 92, entryBar: 2, entryPrice: 108))
        #expect(outcome.equity == [10_000, 10_000, 10_000 + 92 * (115 - 108)])
        #expect(outcome.trades.isEmpty)
    }

    @Test func aDecisionOnTheLastBarIsNeverFilled() {
        let outcome = Scenario(flat: [100, 100, 100]).run([2: .buy])
        #expect(outcome.open == nil)
        #expect(outcome.equity == [10_000, 10_000, 10_000])
    }

    @Test func nothingIsDecidedBeforeTheSecondValidBar() {
        let scenario = Scenario(flat: [100, 100, 100, 100, 100])
        let always = Scenario.Script(decisions: [0: .buy, 1: .buy, 2: .buy, 3: .buy, 4: .buy])
        #expect(scenario.run(always, warmUp: 0).trades.first?.entryBar == 2)
        #expect(scenario.run(always, warmUp: 2).open?.entryBar == 4)
    }

    @Test func aFullPositionLeavesTheSmallestFractionUnused() {
        // backtesting.py's size is 1 - 2^-52 of the cash, so 10,000 at 100 buy 99 units.
        #expect(Scenario(flat: [100, 100, 100]).run([1: .buy]).open?.size == 99)
    }

    @Test func aTurnClosesAndOpensAtOneOpenAndPaysBothCommissions() throws {
        var scenario = Scenario(flat: [100, 100, 100, 110, 110])
        scenario.account.commission = 0.01
        let outcome = scenario.run([1: .buy, 2: .sell])
        let trade = try #require(outcome.trades.first)
        // 10,000 / 101 = 99.0099 → 99 units; 99 × 100 × 1 % in, 99 × 110 × 1 % out.
        #expect(trade.size == 99)
        #expect(isClose(trade.commission, 99 + 108.9))
        #expect(isClose(trade.profit, 990 - 207.9))
        #expect(isClose(trade.rate, 0.1 - 207.9 / 9900))
        // Cash is 10,000 - 99 + 990 - 108.9 = 10,782.1; / 111.1 = 97.05 → 97 short.
        #expect(outcome.open == OpenPosition(size: -97, entryBar: 3, entryPrice: 110))
        #expect(isClose(outcome.equity[3], 10_782.1 - 97 * 1.1))
    }

    @Test func aBuyWhileLongClosesAndBuysAgain() {
        let outcome = Scenario(flat: [100, 100, 100, 100, 100]).run([1: .buy, 2: .buy])
        #expect(outcome.trades.count == 1)
        #expect(outcome.open?.entryBar == 3)
    }

    @Test func aCloseWhileOutDoesNothing() {
        let outcome = Scenario(flat: [100, 100, 100, 100]).run([1: .close])
        #expect(outcome.trades.isEmpty && outcome.open == nil)
    }

    @Test func anOrderForNoWholeUnitIsDropped() {
        #expect(Scenario(flat: [20_000, 20_000, 20_000]).run([1: .buy]).open == nil)
    }

    @Test func droppedOrdersAreCountedAndTheFirstSaysWhy() throws {
        var scenario = Scenario(flat: [20_000, 20_000, 20_000, 30_000, 30_000])
        scenario.account.commission = 0.01
        let outcome = scenario.run([1: .buy, 2: .close, 3: .sell, 4: .buy])
        let dropped = try #require(outcome.dropped)
        // A close buys nothing, and the order on the last bar is never looked at.
        #expect(dropped.count == 2 && dropped.firstBar == 2)
        #expect(dropped.firstTime == scenario.table.time[2])
        #expect(dropped.reason == .budgetBelowOneUnit && dropped.unitCost == 20_200 && isClose(dropped.budget, 10_000))
        scenario.account.cash = 30_000
        #expect(scenario.run([1: .buy, 2: .close]).dropped == nil)
        scenario.account.fixedCommission = 40_000
        #expect(scenario.run([1: .buy]).dropped?.reason == .noBudget)
        #expect(Scenario(flat: [1e-300, 1e-300, 1e-300]).run([1: .buy]).dropped?.reason == .tooManyUnits)
    }

    @Test(arguments: [
        (Account.AtEnd.closeOut, 120.0), (.closeOutAtOpen, 110.0),
    ]) func theEndClosesAtTheCloseOrForComparisonAtTheOpen(mode: Account.AtEnd, price: Double) throws {
        var scenario = Scenario([(100, 100, 100, 100), (100, 100, 100, 100), (100, 105, 95, 100), (110, 125, 105, 120)])
        scenario.account.commission = 0.01
        scenario.account.atEnd = mode
        let outcome = scenario.run([1: .buy])
        let trade = try #require(outcome.trades.first)
        #expect(trade.exitPrice == price)
        #expect(trade.reason == .end)
        #expect(trade.exitBar == 3)
        #expect(outcome.open == nil)
        #expect(isClose(outcome.equity[3], 10_000 - 99 + 99 * (price - 100) - 99 * price * 0.01))
    }

    @Test func aRuinedAccountStaysAtZero() throws {
        // Short 99 at 100, then the price trebles: 10,000 - 99 × 200 < 0.
        let outcome = Scenario(flat: [100, 100, 100, 300, 50, 50]).run([1: .sell, 3: .buy, 4: .buy])
        #expect(outcome.equity == [10_000, 10_000, 10_000, 0, 0, 0])
        #expect(outcome.trades.map(\.reason) == [.ruin])
        #expect(outcome.trades[0].exitPrice == 300)
        #expect(outcome.ruinedAt == 3)
        #expect(outcome.statistics.returnPct == -100)
        #expect(outcome.statistics.returnAnnPct == -100)
        #expect(outcome.statistics.sharpeRatio.isNaN)
        #expect(outcome.statistics.drawdowns.deepestPct == -100)
    }

    // MARK: Costs

    @Test func everyFillPaysHalfTheSpread() throws {
        var scenario = Scenario(flat: [100, 100, 100, 100, 100])
        scenario.account.spread = 0.02
        let outcome = scenario.run([1: .buy, 2: .sell, 3: .close])
        #expect(outcome.trades.map(\.entryPrice) == [101, 99])
        #expect(outcome.trades.map(\.exitPrice) == [99, 101])
        // 99 units lose 2 each, then 10,000 - 198 = 9,802 sells 99 at 99, which lose 2 each too.
        #expect(outcome.trades.map(\.profit) == [-198, -198])
        // Between the fills the position is marked at the close, not at the price it would sell for.
        #expect(outcome.equity[2] == 10_000 - 99)
    }

    @Test func theFixedCommissionIsPaidInAndOutAndLeavesLessToBuyWith() throws {
        var scenario = Scenario(flat: [100, 100, 100, 100])
        scenario.account.fixedCommission = 150
        let outcome = scenario.run([1: .buy, 2: .close])
        let trade = try #require(outcome.trades.first)
        // (10,000 - 150) / 100 = 98.49… → 98 units.
        #expect(trade.size == 98)
        #expect(trade.commission == 300)
        #expect(outcome.equity.last == 9700)
    }

    @Test func aFractionOfTheCashBuysThatManyUnits() {
        var scenario = Scenario(flat: [100, 100, 100])
        scenario.account.positionFraction = 0.25
        #expect(scenario.run([1: .buy]).open?.size == 24)
        scenario.account.positionFraction = 0.255
        #expect(scenario.run([1: .buy]).open?.size == 25)
    }

    @Test func fractionsOfUnitsUseAllTheCash() throws {
        var scenario = Scenario(flat: [64, 64, 64, 64])
        scenario.account.units = .fractional
        scenario.account.positionFraction = 0.5
        scenario.account.fixedCommission = 40
        // (10,000 / 2 - 40) / 64; in and out cost 40 each.
        let outcome = scenario.run([1: .sell, 2: .close])
        let trade = try #require(outcome.trades.first)
        #expect(isClose(trade.size, -77.5, 1e-14) && outcome.equity.last == 9920)
        scenario.account.cash = 0.01
        #expect(scenario.run([1: .buy]).dropped?.reason == .noBudget)
        scenario.account.fixedCommission = 0
        #expect(isClose(scenario.run([1: .buy]).open?.size ?? 0, 0.005 / 64, 1e-14))
    }

    // MARK: Stops

    private func stopped(
        _ bar: (Double, Double, Double, Double), stop: Double = 0, target: Double = 0, sell: Bool = false,
        entry: (Double, Double, Double, Double) = (100, 101, 99, 100)
    ) -> Trade? {
        var scenario = Scenario([(100, 100, 100, 100), (100, 100, 100, 100), entry, bar])
        scenario.account.stopLossPct = stop
        scenario.account.takeProfitPct = target
        return scenario.run([1: sell ? .sell : .buy]).trades.first
    }

    @Test func aLowAtTheStopClosesAtTheStop() {
        let trade = stopped((98, 99, 95, 97), stop: 5)
        #expect(trade?.exitPrice == 95)
        #expect(trade?.reason == .stopLoss)
        #expect(stopped((98, 99, 95.01, 97), stop: 5) == nil)
    }

    @Test func anOpenBelowTheStopClosesAtTheOpen() {
        #expect(stopped((90, 96, 89, 95), stop: 5)?.exitPrice == 90)
    }

    @Test func aHighAtTheTargetClosesAtTheTarget() {
        let trade = stopped((102, 110, 101, 104), target: 10)
        #expect(isClose(trade?.exitPrice ?? 0, 110))
        #expect(trade?.reason == .takeProfit)
        #expect(stopped((102, 109.99, 101, 104), target: 10) == nil)
    }

    @Test func anOpenAboveTheTargetClosesAtTheOpen() {
        #expect(stopped((115, 116, 112, 113), target: 10)?.exitPrice == 115)
    }

    @Test func aBarThatReachesBothIsALoss() {
        let trade = stopped((100, 112, 94, 100), stop: 5, target: 10)
        #expect(trade?.reason == .stopLoss)
        #expect(trade?.exitPrice == 95)
    }

    @Test func anOpenBeyondTheTargetComesBeforeALowAtTheStop() {
        let trade = stopped((112, 113, 94, 100), stop: 5, target: 10)
        #expect(trade?.reason == .takeProfit)
        #expect(trade?.exitPrice == 112)
    }

    @Test func theBarOfTheEntryCanStopToo() {
        let trade = stopped((100, 100, 100, 100), stop: 5, entry: (100, 101, 94, 100))
        #expect(trade?.entryBar == 2)
        #expect(trade?.exitBar == 2)
        #expect(trade?.exitPrice == 95)
    }

    @Test func aShortPositionStopsAboveAndProfitsBelow() {
        #expect(stopped((102, 105, 101, 103), stop: 5, sell: true)?.exitPrice == 105)
        #expect(stopped((108, 109, 107, 108), stop: 5, sell: true)?.exitPrice == 108)
        #expect(stopped((95, 96, 90, 92), target: 10, sell: true)?.exitPrice == 90)
        #expect(stopped((85, 96, 84, 92), target: 10, sell: true)?.exitPrice == 85)
        #expect(stopped((100, 106, 89, 100), stop: 5, target: 10, sell: true)?.reason == .stopLoss)
    }

    @Test func anOrderFillsBeforeAStopIsLookedAt() {
        var scenario = Scenario([(100, 100, 100, 100), (100, 100, 100, 100), (100, 100, 100, 100), (94, 95, 80, 90)])
        scenario.account.stopLossPct = 5
        let outcome = scenario.run([1: .buy, 2: .close])
        #expect(outcome.trades.map(\.reason) == [.signal])
        #expect(outcome.trades.map(\.exitPrice) == [94])
    }

    @Test func theStopCountsFromTheFillWithItsSpread() {
        var scenario = Scenario([(100, 100, 100, 100), (100, 100, 100, 100), (100, 101, 97, 100), (100, 100, 95.9, 98)])
        scenario.account.spread = 0.02
        scenario.account.stopLossPct = 5
        // Bought at 101; the stop is 95.95, and the sale pays half the spread.
        let trade = scenario.run([1: .buy]).trades.first
        #expect(isClose(trade?.exitPrice ?? 0, 95.95 * 0.99))
    }
}
