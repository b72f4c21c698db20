import Messages
import Worker

/// The objective over two parameters of a grid: in each cell the best of what falls into it.
struct HeatMap {
    /// The two parameters that span it; one where the sweep has one.
    struct Choice {
        let x: Int
        let y: Int?

        /// - Throws: that the sweep has no such parameter.
        init(_ merged: JSONValue, x: String?, y: String?) throws(CommandFailure) {
            let names = SweepGrid(merged).axes.map(\.name)
            let chosenX = try Self.find(x, "x", names)
            let chosenY = try Self.find(y, "y", names)
            let first = chosenX ?? (chosenY == 0 ? min(1, names.count - 1) : 0)
            self.x = max(0, first)
            self.y = chosenY ?? names.indices.first { $0 != first }
            guard chosenX == nil || chosenX != chosenY else { throw .usage("--x and --y name the same parameter") }
        }

        private static func find(_ name: String?, _ option: String, _ names: [String]) throws(CommandFailure) -> Int? {
            guard let name else { return nil }
            guard let index = names.firstIndex(of: name) else {
                throw .usage(
                    "--\(option) is \(name), must be a parameter of the sweep: " + names.joined(separator: ", "))
            }
            return index
        }
    }

    let columns: Int
    let rows: Int
    private let grid: SweepGrid
    private let choice: Choice
    /// How many values of a parameter share a column or a row.
    private let valuesPerColumn: Int
    private let valuesPerRow: Int
    private(set) var cells: [(value: Double, set: Int)?]

    /// - Parameters:
    ///   - most: columns and rows at most.
    ///   - isMaximum: whether more is better.
    init(_ merged: JSONValue, _ choice: Choice, most: Int, isMaximum: Bool) {
        let grid = SweepGrid(merged)
        self.grid = grid
        self.choice = choice
        let width = grid.axes.indices.contains(choice.x) ? grid.axes[choice.x].count : 1
        let height = choice.y.map { grid.axes[$0].count } ?? 1
        valuesPerColumn = (width + most - 1) / most
        valuesPerRow = (height + most - 1) / most
        columns = (width + valuesPerColumn - 1) / valuesPerColumn
        rows = (height + valuesPerRow - 1) / valuesPerRow
        cells = Array(repeating: nil, count: columns * rows)
        fill(merged, isMaximum: isMaximum)
    }

    private mutating func fill(_ merged: JSONValue, isMaximum: Bool) {
        for pair in merged["heatmap"]?.elements ?? [] {
            guard let elements = pair.elements, elements.count == 2, let set = elements[0].integer, set >= 0,
                let value = elements[1].double
            else { continue }
            guard let place = place(ofSet: set) else { continue }
            if let known = cells[place], isMaximum ? known.value >= value : known.value <= value { continue }
            cells[place] = (value, set)
        }
    }

    /// The cell a set falls into.
    func place(ofSet set: Int) -> Int? {
        guard !grid.axes.isEmpty, set >= 0 else { return nil }
        let row = choice.y.map { grid.position(of: set, on: $0) / valuesPerRow } ?? 0
        let place = row * columns + grid.position(of: set, on: choice.x) / valuesPerColumn
        return cells.indices.contains(place) ? place : nil
    }

    var isEmpty: Bool { cells.allSatisfy { $0 == nil } }
    var xName: String { grid.axes.isEmpty ? "" : grid.axes[choice.x].name }
    var yName: String? { choice.y.map { grid.axes[$0].name } }
    /// What each cell is the best over.
    var others: [String] {
        grid.axes.indices.filter { $0 != choice.x && $0 != choice.y }.map { grid.axes[$0].name }
    }
    var isCoarse: Bool { valuesPerColumn > 1 || valuesPerRow > 1 }

    func columnLabel(_ column: Int) -> String {
        grid.axes.isEmpty ? "" : grid.axes[choice.x].label(column * valuesPerColumn)
    }
    func rowLabel(_ row: Int) -> String { choice.y.map { grid.axes[$0].label(row * valuesPerRow) } ?? "" }

    /// The parameters of a set in words.
    func words(ofSet set: Int) -> String {
        grid.axes.indices.map { "\(grid.axes[$0].name) \(grid.axes[$0].label(grid.position(of: set, on: $0)))" }
            .joined(separator: ", ")
    }
}
