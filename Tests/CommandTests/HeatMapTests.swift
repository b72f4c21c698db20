import Messages
import TestSupport
import Testing

@testable import optimizer

/// What a cell of a heat map shows of the sets that fall into it.
@Suite struct HeatMapTests {
    /// Two values from left to right, one row, and four sets to a cell.
    private static let merged = """
        {"grid":[{"name":"fast","min":1,"max":2,"step":1,"count":2},
        {"name":"direction","values":["a","b","c","d"],"count":4},{"name":"slow","min":1,"max":1,"step":1,"count":1}],
        "heatmap":[[0,1.0],[1,2.0],[2,9.0],[3,4.0],[4,null],[5,null],[6,-1.0],[7,null]]}
        """

    private func map(_ over: HeatMap.Over, isMaximum: Bool = true, without: String = "") throws -> HeatMap {
        let text = without.isEmpty ? Self.merged : Self.merged.replacing(without, with: "null]")
        let merged = try JSONValue.parse(Array(text.utf8))
        let choice = try HeatMap.Choice(merged, x: "fast", y: "slow")
        return HeatMap(merged, choice, over: over, most: 90, isMaximum: isMaximum)
    }

    @Test(arguments: [(HeatMap.Over.best, 9.0), (.median, 3), (.mean, 4)]) func aCellIsTheChosenFigureOfItsSets(
        over: HeatMap.Over, value: Double
    ) throws {
        let map = try map(over)
        #expect(map.cells[0]?.value == value && map.cells[0]?.count == 4 && map.cells[0]?.best == [0, 2, 0])
        // Three of four were turned down: they count for nothing.
        #expect(map.cells[1]?.value == -1 && map.cells[1]?.count == 1)
        #expect(try self.map(.best, isMaximum: false).cells[0]?.value == 1)
    }

    @Test func aCellWithoutAnyValueIsBlankAndHasNoPartInTheColours() throws {
        let map = try map(.median, without: "-1.0]")
        #expect(map.cells.count == 2 && map.cells[1] == nil)
        let chart = HeatMapChart(map: map, objective: "sqn", isMaximum: true)
        #expect(chart.svg(width: 960).split(separator: "<title>").count == 2)
        #expect(chart.legend.contains("≤ 3.000") && !chart.legend.contains("1.000"))
    }

    @Test func theTitleNamesTheSetOrWhatWasCounted() throws {
        let best = try map(.best)
        #expect(try best.title(#require(best.cells[0])) == "fast 1, direction c, slow 1: 9.000")
        let median = try map(.median)
        #expect(try median.title(#require(median.cells[0])) == "fast 1, slow 1: 3.000, the median of 4 sets")
        #expect(try median.title(#require(median.cells[1])) == "fast 2, direction c, slow 1: −1.000")
    }

    @Test func aDrawnSetIsWhereItsEntrySaysAndTheBestIsMarked() throws {
        let text = Self.merged.replacing("[0,1.0],", with: "[7,1.0,[1,3,0]],[8,3.0,[1,4,0]],[9,3.0,[1,3]],")
            .replacing(#""heatmap""#, with: #""top":[{"index":7}],"heatmap""#)
        let merged = try JSONValue.parse(Array(text.utf8))
        let map = HeatMap(
            merged, try HeatMap.Choice(merged, x: "fast", y: "slow"), most: 90, isMaximum: true)
        #expect(map.cells[1]?.value == 1 && map.cells[1]?.best == [1, 3, 0] && map.cells[1]?.count == 2)
        #expect(map.bestPlace == 1)
        #expect(HeatMapChart(map: map, objective: "sqn", isMaximum: true).svg(width: 960).contains("\"ring\""))
    }

    @Test(.machine) func anotherWordIsRefused() throws {
        let outcome = try Program.run(["results", "--sweep", "s", "--html", "f", "--heatmap-over", "medain"])
        #expect(outcome.code == 64)
        #expect(outcome.words.contains("must be one of best, median, mean"), "\(outcome.words)")
        #expect(outcome.words.contains("did you mean \"median\""), "\(outcome.words)")
    }
}
