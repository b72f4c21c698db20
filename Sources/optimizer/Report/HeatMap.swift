import Messages
import Worker

/// The objective over two parameters of a grid: in each cell one figure of what falls into it.
struct HeatMap {
    /// Which figure a cell shows of the sets that fall into it.
    enum Over: String, CaseIterable {
        /// One lucky set makes its cell look good.
        case best
        case median
        case mean

        init(_ arguments: Arguments) throws(CommandFailure) {
            guard let word = arguments.value("heatmap-over") else {
                self = .best
                return
            }
            guard let over = Over(rawValue: word) else {
                let words = Self.allCases.map(\.rawValue)
                throw .usage(
                    "--heatmap-over is \(word), must be one of " + words.joined(separator: ", ")
                        + nearestNameHint(to: word, in: words))
            }
            self = over
        }
    }

    struct Cell {
        let value: Double
        /// Where the best of the sets in it is on each axis.
        let best: [Int]
        /// How many sets with a value are in it.
        let count: Int
    }

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
    let over: Over
    /// Whether sets are drawn: most cells have none then.
    let isDrawn: Bool
    private(set) var cells: [Cell?]
    /// The cell of the set that ranks first; nil where it is none of the map's.
    private(set) var bestPlace: Int?

    /// - Parameters:
    ///   - most: columns and rows at most.
    ///   - isMaximum: whether more is better.
    init(_ merged: JSONValue, _ choice: Choice, over: Over = .best, most: Int, isMaximum: Bool) {
        let grid = SweepGrid(merged)
        self.over = over
        self.grid = grid
        isDrawn = SweepGrid.drawnBy(merged) != nil
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

    /// A set without a value (`null`: undefined, or turned down by a constraint) has no part in any cell.
    private mutating func fill(_ merged: JSONValue, isMaximum: Bool) {
        var values = [[Double]](repeating: [], count: cells.count)
        var best = [(value: Double, positions: [Int])?](repeating: nil, count: cells.count)
        let first = merged["top"]?.elements?.first?["index"]?.integer
        for entry in merged["heatmap"]?.elements ?? [] {
            guard let elements = entry.elements, elements.count >= 2, let set = elements[0].integer,
                let value = elements[1].double, let positions = grid.positions(of: elements)
            else { continue }
            let place = place(of: positions)
            if set == first { bestPlace = place }
            values[place].append(value)
            if let known = best[place], isMaximum ? known.value >= value : known.value <= value { continue }
            best[place] = (value, positions)
        }
        for place in cells.indices {
            guard let best = best[place] else { continue }
            let count = values[place].count
            cells[place] = Cell(value: figure(of: &values[place], best.value), best: best.positions, count: count)
        }
    }

    private func figure(of values: inout [Double], _ best: Double) -> Double {
        switch over {
        case .best: return best
        // Halves and parts are added up: figures may be as large as doubles are.
        case .mean: return values.reduce(0) { $0 + $1 / Double(values.count) }
        case .median:
            values.sort()
            return values[(values.count - 1) / 2] / 2 + values[values.count / 2] / 2
        }
    }

    /// The cell that a set falls into.
    private func place(of positions: [Int]) -> Int {
        let row = choice.y.map { positions[$0] / valuesPerRow } ?? 0
        return row * columns + positions[choice.x] / valuesPerColumn
    }

    var isEmpty: Bool { cells.allSatisfy { $0 == nil } }
    var xName: String { grid.axes.isEmpty ? "" : grid.axes[choice.x].name }
    var yName: String? { choice.y.map { grid.axes[$0].name } }
    /// The parameters that a cell is taken over.
    var others: [String] {
        grid.axes.indices.filter { $0 != choice.x && $0 != choice.y }.map { grid.axes[$0].name }
    }
    var isCoarse: Bool { valuesPerColumn > 1 || valuesPerRow > 1 }

    func columnLabel(_ column: Int) -> String {
        grid.axes.isEmpty ? "" : grid.axes[choice.x].label(column * valuesPerColumn)
    }
    func rowLabel(_ row: Int) -> String { choice.y.map { grid.axes[$0].label(row * valuesPerRow) } ?? "" }

    /// What a pointer over a cell shows.
    func title(_ cell: Cell) -> String {
        let figure = Markup.figure(cell.value)
        guard over != .best, cell.count > 1 else { return "\(words(at: cell.best)): \(figure)" }
        let place = place(of: cell.best)
        var shown = ["\(xName) \(columnLabel(place % columns))"]
        if let yName { shown.append("\(yName) \(rowLabel(place / columns))") }
        return "\(shown.joined(separator: ", ")): \(figure), the \(over) of \(Markup.grouped(cell.count)) sets"
    }

    private func words(at positions: [Int]) -> String {
        zip(grid.axes, positions).map { "\($0.name) \($0.label($1))" }.joined(separator: ", ")
    }
}
