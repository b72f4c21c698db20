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

    @Test(arguments: [
        #""grid":[]"#, #""grid":null"#, #""grid":7"#, #""grid":[7]"#, #""grid":[{"name":"a"}]"#, #""raster":[]"#,
        #""grid":[{"name":"a","count":2},{"name":"b","count":-1}]"#,
        #""grid":[{"name":"a","count":2},{"count":9007199254740992}]"#,
    ]) func ofAGridThatCannotBeReadNothingIsShown(grid: String) throws {
        let text = #"{\#(grid),"top":[{"index":0}],"heatmap":[[0,1.0,[]],[0,1.0],[1,2.0],[1,2.0,[1]],[1,2.0,7],[],7]}"#
        let merged = try JSONValue.parse(Array(text.utf8))
        let map = HeatMap(merged, try HeatMap.Choice(merged, x: nil, y: nil), most: 90, isMaximum: true)
        #expect(map.isEmpty && map.bestPlace == nil)
        #expect(HeatMapChart(map: map, objective: "sqn", isMaximum: true).svg(width: 960).contains("<svg"))
    }

    @Test func theKeySaysWhyACellIsBlank() throws {
        func legend(_ method: String) throws -> String {
            let text = Self.merged.replacing(#""heatmap""#, with: #""search":{"method":"\#(method)"},"heatmap""#)
            let merged = try JSONValue.parse(Array(text.utf8))
            let map = HeatMap(merged, try HeatMap.Choice(merged, x: nil, y: nil), most: 90, isMaximum: true)
            return HeatMapChart(map: map, objective: "sqn", isMaximum: true).legend
        }
        #expect(try legend("grid").contains("</i>no value, not admitted, or turned down<"))
        #expect(try legend("sobol").contains("</i>no set drawn, or none with a value<"))
    }

    /// Range, and the label of value 3.
    @Test(arguments: [
        (#""min":0.1,"max":0.5,"step":0.1"#, "0.1 to 0.4 by 0.1", "0.4"),
        (#""min":100.1,"max":100.5,"step":4e-7"#, "100.1 to 100.1000012 by 4e-07", "100.1000012"),
        (#""min":-1,"max":1,"step":1.5e-9"#, "−1 to −0.9999999955 by 1.5e-09", "−0.9999999955"),
        (#""min":1e-9,"max":4e-9,"step":1e-9"#, "1e-09 to 4e-09 by 1e-09", "4e-09"),
        (
            #""min":5000000000000,"max":1e300,"step":1e-300"#, "5000000000000 to 5000000000000 by 1e-300",
            "5000000000000"
        ),
        // What is no grid of a sweep traps nowhere.
        (#""min":0,"max":1,"step":1"#, "0 to 1 by 1", "1"),
        (#""max":-1,"step":-1e308"#, "−1 to −inf by −1e+308", "−inf"),
        (#""min":-4e17,"max":4e17,"step":3e17"#, "−4e+17 to 4e+17 by 3e+17", "4e+17"),
    ]) func aValueIsShownWithTheDigitsItTakes(axis: String, range: String, last: String) throws {
        let text = #"{"grid":[{"name":"a",\#(axis),"count":4}]}"#
        let axis = try #require(SweepGrid(try JSONValue.parse(Array(text.utf8))).axes.first)
        #expect(axis.label(3) == last && axis.range == range, "\(axis.label(3)), \(axis.range)")
    }

    @Test func anAxisOfAsManyValuesAsSetsAreDrawnFromHasLabels() throws {
        let text = #"{"grid":[{"name":"a","min":0,"max":4e18,"step":4e17,"count":9007199254740991}]}"#
        let axis = try #require(SweepGrid(try JSONValue.parse(Array(text.utf8))).axes.first)
        #expect(axis.label(9_007_199_254_740_990) == "4e+18")
    }

    @Test(.machine) func anotherWordIsRefused() throws {
        let outcome = try Program.run(["results", "--sweep", "s", "--html", "f", "--heatmap-over", "medain"])
        #expect(outcome.code == 64)
        #expect(outcome.words.contains("must be one of best, median, mean"), "\(outcome.words)")
        #expect(outcome.words.contains("did you mean \"median\""), "\(outcome.words)")
    }
}
