import Messages
import Testing

@testable import Strategies

/// What stands around the best set of a grid.
@Suite struct PlateauTests {
    private static let fast = #"{"name":"fast","min":5,"max":25,"step":5,"count":5}"#
    private static let slow = #"{"name":"slow","min":20,"max":60,"step":10,"count":5}"#

    /// - Parameter values: by a set's number; nil has none.
    private func plateau(_ best: Int, _ axes: [String], _ values: [Double?]) throws -> Plateau? {
        let grid = try JSONValue.parse(Array("[\(axes.joined(separator: ","))]".utf8)).elements ?? []
        let pairs = values.enumerated().map {
            JSONValue.array([.integer($0.offset), $0.element.map { .number($0) } ?? .null])
        }
        return Plateau(around: best, grid: grid, heatmap: pairs)
    }

    @Test func theMedianIsOfTheEightAroundASetInTheMiddle() throws {
        var values = [Double?](repeating: 1000, count: 25)
        for (index, set) in [6, 7, 8, 11, 13, 16, 17, 18].enumerated() { values[set] = Double(index * index) }
        let found = try #require(try plateau(12, [Self.fast, Self.slow], values))
        #expect(found == Plateau(median: 12.5, neighbours: 8, valued: 8))
        // Two were turned down or never ran: 1, 4, 9, 25, 36 and 49 are left.
        values[6] = nil
        values[13] = nil
        #expect(try plateau(12, [Self.fast, Self.slow], values) == Plateau(median: 17, neighbours: 8, valued: 6))
    }

    @Test func aSetInTheCornerHasThreeNeighbours() throws {
        let values: [Double?] = (0..<25).map { Double($0) }
        // 18, 19 and 23 stand around 24.
        #expect(try plateau(24, [Self.fast, Self.slow], values) == Plateau(median: 19, neighbours: 3, valued: 3))
        #expect(try plateau(4, [Self.fast, Self.slow], values) == Plateau(median: 8, neighbours: 3, valued: 3))
    }

    @Test func wordsHaveNoNeighboursAndNumbersOfAListAreNearByTheirSize() throws {
        let values: [Double?] = (0..<10).map { Double($0) }
        let words = #"{"name":"cross","values":["robust","strict"],"count":2}"#
        #expect(try plateau(6, [words, Self.fast], values) == Plateau(median: 6, neighbours: 2, valued: 2))
        // 3 stands between 2 (place 4) and 5 (place 0).
        let list = #"{"name":"n","values":[5,9,3,1,2],"count":5}"#
        #expect(try plateau(2, [list], values) == Plateau(median: 2, neighbours: 2, valued: 2))
    }

    @Test func aBestSetWithoutNeighboursStandsAlone() throws {
        let alone = try #require(try plateau(0, [#"{"name":"n","values":[5],"count":1}"#], [3]))
        #expect(alone.neighbours == 0 && alone.valued == 0 && alone.median.isNaN)
        for wrong in [#"{"name":"n","count":0}"#, #"{"name":"n","values":[1],"count":2}"#, "null"] {
            #expect(try plateau(0, [wrong], [3]) == nil)
        }
        #expect(try plateau(25, [Self.fast, Self.slow], [3]) == nil)
    }

    @Test func whatAConstraintTurnsDownIsBlankAndNoNeighbour() throws {
        let fixture = try SweepFixture()
        let merged = try JSONValue.parse(fixture.merge([fixture.result(fixture.plan(fixture.sweep(), bars: 1000), 0)]))
        let cells = try #require(merged["heatmap"]?.elements)
        let blank = cells.count { $0.elements?[1] == .null }
        let counts = try #require(merged["counts"])
        let expected = ["constraint_rejected", "undefined"].reduce(0) { $0 + (counts[$1]?.integer ?? 0) }
        #expect(blank == expected && blank > 0 && cells.count == counts["evaluated"]?.integer)
        let best = try #require(merged["top"]?.elements?.first?["index"]?.integer)
        let near = cells.filter { cell in
            guard let set = cell.elements?[0].integer, set != best else { return false }
            return abs(set / 21 - best / 21) <= 1 && abs(set % 21 - best % 21) <= 1
        }.compactMap { $0.elements?[1].double }
        #expect(merged["plateau"]?["with_value"]?.integer == near.count && !near.isEmpty)
        #expect(merged["plateau"]?["objective_median"]?.double == Plateau.median(of: near))
    }
}
