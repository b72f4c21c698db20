import Messages
import Worker

/// All figures of the sets of a step as lines: of CSV, or of a JSON object each.
struct SetRows {
    enum Format: String, CaseIterable { case csv, jsonl }

    /// What the cells of a line are, in their order.
    let columns: [String]
    /// Each line with its end.
    let bytes: [UInt8]

    /// What is wrong with a result.
    enum Problem: Error, Equatable {
        /// The sweep did not ask for the figures of all sets.
        case notAskedFor
        case malformed
    }

    /// - Parameter result: of a step that has completed.
    init(_ result: JSONValue, _ format: Format) throws(Problem) {
        guard let figures = result["figures"], figures.members != nil else { throw .notAskedFor }
        guard let names = figures["names"]?.elements?.compactMap(\.string), let sets = figures["sets"]?.elements,
            let grid = result["grid"]?.elements?.compactMap({ $0["name"]?.string })
        else { throw .malformed }
        let hasOutOfSample = result["out_of_sample"]?.members != nil
        let kept = hasOutOfSample ? names.map { "out_of_sample." + $0 } : []
        let datasets = result["data"]?.elements?.map { $0["dataset"] ?? .null }
        columns = ["index"] + (datasets == nil ? [] : Self.dataNames) + grid + names + kept
        var bytes: [UInt8] = []
        for value in sets {
            guard let set = Set(value, parameters: grid.count, figures: names.count, datasets) else { throw .malformed }
            switch format {
            case .csv: bytes += set.csv(figures: names.count, hasOutOfSample: hasOutOfSample).utf8
            case .jsonl: bytes += set.json(grid, names)
            }
            bytes.append(UInt8(ascii: "\n"))
        }
        self.bytes = bytes
    }

    /// Of several data sets, which of them a line is of: its place in the sweep's list, from 0, and its name.
    private static let dataNames = ["data", "dataset"]

    /// The first line of CSV.
    static func header(_ columns: [String]) -> String {
        columns.map { quoted($0.escapedForTerminal) }.joined(separator: ",")
    }

    private struct Set {
        let index: Int
        let parameters: [JSONValue]
        let figures: [JSONValue]
        /// nil where it has none.
        let outOfSample: [JSONValue]?
        /// Its data set, where there are several: the values of `dataNames`.
        let data: [JSONValue]

        /// - Parameter datasets: their names, where the sweep lists them.
        init?(_ value: JSONValue, parameters: Int, figures: Int, _ datasets: [JSONValue]?) {
            guard let elements = value.elements, elements.count == (datasets == nil ? 4 : 5),
                let index = elements[0].integer,
                let given = elements[1].elements, given.count == parameters, let own = elements[2].elements,
                own.count == figures, elements[3] == .null || elements[3].elements?.count == figures
            else { return nil }
            (self.index, self.parameters, self.figures, outOfSample) = (index, given, own, elements[3].elements)
            guard let datasets else {
                data = []
                return
            }
            guard let place = elements[4].integer, datasets.indices.contains(place) else { return nil }
            data = [.integer(place), datasets[place]]
        }

        func csv(figures count: Int, hasOutOfSample: Bool) -> String {
            let none = [JSONValue](repeating: .null, count: hasOutOfSample ? count : 0)
            let cells = data + parameters + figures + (hasOutOfSample ? outOfSample ?? none : none)
            return cells.reduce("\(index)") { $0 + "," + SetRows.cell($1) }
        }

        func json(_ grid: [String], _ names: [String]) -> [UInt8] {
            func object(_ names: [String], _ values: [JSONValue]) -> JSONValue {
                .object(zip(names, values).map { JSONMember($0, $1) })
            }
            let line = JSONValue.object(
                [JSONMember("index", .integer(index))] + zip(dataNames, data).map { JSONMember($0, $1) } + [
                    JSONMember("parameters", object(grid, parameters)),
                    JSONMember("statistics", object(names, figures)),
                    JSONMember("out_of_sample", outOfSample.map { object(names, $0) } ?? .null),
                ])
            return line.text.utf8.escapedJSONForTerminal
        }
    }

    /// What is undefined is an empty cell.
    private static func cell(_ value: JSONValue) -> String {
        switch value {
        case .null: ""
        case .string(let text): quoted(text.escapedForTerminal)
        default: quoted(value.text.escapedForTerminal)
        }
    }

    /// As RFC 4180 has it: in quotes where it must be.
    private static func quoted(_ text: String) -> String {
        guard text.utf8.contains(where: { [UInt8(ascii: ","), UInt8(ascii: "\"")].contains($0) }) else { return text }
        return "\"" + text.map { $0 == "\"" ? "\"\"" : String($0) }.joined() + "\""
    }
}
