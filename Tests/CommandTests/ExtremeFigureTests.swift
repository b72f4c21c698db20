import Messages
import Testing

@testable import optimizer

/// Charts of figures that no sane strategy has, and that results have all the same.
@Suite struct ExtremeFigureTests {
    private func chart(_ values: [Double], isMaximum: Bool = true) throws -> HeatMapChart {
        let pairs = values.enumerated().map { JSONValue.array([.integer($0.offset), .number($0.element)]) }
        let axis = JSONValue.object([
            JSONMember("name", .string("fast")), JSONMember("min", .integer(1)),
            JSONMember("max", .integer(values.count)),
            JSONMember("step", .integer(1)), JSONMember("count", .integer(values.count)),
        ])
        let merged = JSONValue.object([
            JSONMember("grid", .array([axis])), JSONMember("heatmap", .array(pairs)),
            JSONMember("top", .array([.object([JSONMember("index", .integer(0))])])),
        ])
        let map = HeatMap(merged, try HeatMap.Choice(merged, x: nil, y: nil), most: 90, isMaximum: isMaximum)
        return HeatMapChart(map: map, objective: "sharpe_ratio", isMaximum: isMaximum)
    }

    @Test(
        arguments: [
            [-1.9e22, -10], [-1e308, 1e308], [.greatestFiniteMagnitude, -.greatestFiniteMagnitude, 0],
            [0, .leastNormalMagnitude], [7, 7],
            [-1e308], [],
        ] as [[Double]]) func aHeatMapIsDrawn(values: [Double]) throws
    {
        for isMaximum in [true, false] {
            let chart = try chart(values, isMaximum: isMaximum)
            #expect(chart.svg(width: 960).hasPrefix("<svg"))
            #expect(chart.legend.contains("best set") == !values.isEmpty)
            for value in values { #expect((0..<HeatMapChart.shades).contains(chart.shade(value))) }
        }
    }

    @Test func whatIsWeakerThanTheWeakestShadeSharesIt() throws {
        // Of fifty figures the weakest has no shade of its own.
        let values = [-1.9e22] + (0..<99).map(Double.init)
        let chart = try chart(values)
        #expect(chart.shade(-1.9e22) == 0)
        #expect(chart.shade(98) == HeatMapChart.shades - 1)
        #expect(chart.shade(50) == 6)
    }

    @Test(
        arguments: [
            [-1e308, 1e308], [1e22, 1e22 + 4e6], [-.greatestFiniteMagnitude, 0], [.nan, .infinity],
            [0, .leastNormalMagnitude],
        ] as [[Double]])
    func anAxisHasPlacesOnIt(values: [Double]) {
        let scale = ChartScale(values, from: 0, to: 100)
        for value in values where value.isFinite { #expect((0...100).contains(scale(value)), "\(value)") }
        let ticks = scale.ticks(5)
        #expect(Set(ticks).count == ticks.count && ticks.allSatisfy { (-1e-6...100.000001).contains(scale($0)) })
    }
}
