import Messages

@testable import Strategies

/// A handful of bars and the decisions taken on them: for examples that a person can compute.
struct Scenario {
    /// Decisions by bar; everything else is "nothing".
    struct Script: Rule {
        let decisions: [Int: Decision]
        mutating func decide(at bar: Int, position: Double) -> Decision { decisions[bar] ?? .nothing }
    }

    struct Outcome {
        let trades: [Trade]
        let equity: [Double]
        let open: OpenPosition?
        let ruinedAt: Int?
        let statistics: Statistics
        let dropped: DroppedOrders?
    }

    var account = Account()
    var settings = StatisticsSettings()
    let table: BarTable

    /// Bars as (open, high, low, close), a day apart from 2020-01-06 (a Monday) on.
    init(_ bars: [(Double, Double, Double, Double)], every interval: Int64 = BarTime.millisecondsPerDay) {
        var table = BarTable()
        for (index, bar) in bars.enumerated() {
            table.time.append(1_578_268_800_000 + Int64(index) * interval)
            table.open.append(bar.0)
            table.high.append(bar.1)
            table.low.append(bar.2)
            table.close.append(bar.3)
            table.volume.append(0)
        }
        self.init(table)
    }

    init(_ table: BarTable) {
        self.table = table
        account.cash = 10_000
        account.commission = 0
    }

    /// Bars that open, stay and close at one price.
    init(flat prices: [Double], every interval: Int64 = BarTime.millisecondsPerDay) {
        self.init(prices.map { ($0, $0, $0, $0) }, every: interval)
    }

    func run(_ decisions: [Int: Decision]) -> Outcome { run(Script(decisions: decisions)) }

    func run(_ rule: some Rule, warmUp: Int = 0) -> Outcome {
        let data = MarketData(table)
        let workspace = Workspace()
        return data.withBars { bars in
            var simulation = Simulation(bars: bars, account: account, workspace: workspace)
            simulation.run(rule, warmUp: warmUp)
            let statistics = Statistics(of: simulation, warmUp: warmUp, calendar: data.calendar, settings: settings)
            return Outcome(
                trades: Array(workspace.trades), equity: Array(workspace.equity), open: simulation.openPosition,
                ruinedAt: simulation.ruinedAt, statistics: statistics, dropped: simulation.dropped)
        }
    }
}

/// Bars made by chance from a seed, on a grid of cents unless told otherwise.
func randomTable(seed: UInt64, bars: Int, grid: Double? = 0.01) -> BarTable {
    var generator = SeededGenerator(seed: seed)
    var table = BarTable()
    var price = Double.random(in: 1...300, using: &generator)
    var time: Int64 = 1_000_000_000_000
    func snapped(_ value: Double) -> Double {
        guard let grid else { return max(value, 1e-3) }
        return max((value / grid).rounded(), 1) / (1 / grid)
    }
    for _ in 0..<bars {
        let open = snapped(price * Double.random(in: 0.97...1.03, using: &generator))
        let close = snapped(open * Double.random(in: 0.95...1.05, using: &generator))
        table.time.append(time)
        table.open.append(open)
        table.high.append(snapped(max(open, close) * Double.random(in: 1...1.02, using: &generator)))
        table.low.append(min(snapped(min(open, close) * Double.random(in: 0.98...1, using: &generator)), open, close))
        table.close.append(close)
        table.volume.append(Double.random(in: 0...1e6, using: &generator))
        table.high[table.high.count - 1] = max(table.high[table.high.count - 1], open, close)
        price = close
        time += Int64.random(in: 1...3, using: &generator) * 86_400_000
    }
    return table
}
