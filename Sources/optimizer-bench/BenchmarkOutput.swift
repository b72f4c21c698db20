import Baseline
import Glibc
import Messages
import System
import Worker

/// How a benchmark says what it found: `--json` as one JSON object, `--compare FILE` beside what such an object says.
struct BenchmarkOutput {
    private let isJSON: Bool
    private let stored: String?

    init(_ words: [String]) {
        isJSON = words.contains("--json")
        stored = words.firstIndex(of: "--compare").map { $0 + 1 < words.count ? words[$0 + 1] : "" }
    }

    /// A line for people, which JSON has no place for.
    func say(_ line: String) {
        guard !isJSON else { return StandardError.write(line) }
        print(line)
        fflush(nil)
    }

    /// Measures, and prints the figures.
    ///
    /// - Parameter guarded: the figure that may not fall below a share of the stored one. Where it has, it is measured
    ///   once more: another program may have run.
    /// - Returns: the exit code.
    func run(guarding guarded: String, below share: Double, _ measure: () throws -> BenchmarkFigures) -> Int32 {
        do {
            let before = try stored.map(Self.read)
            var figures = try measure()
            if let before, figures.hasFallen(guarded, below: share, of: before) {
                say("\(guarded) is below \(share) of what is stored: measuring once more")
                figures = try measure()
            }
            if isJSON { print(figures.json.text) } else { print(figures) }
            guard let before else { return ExitCode.success }
            for change in try figures.changes(since: before) { print(change) }
            guard figures.hasFallen(guarded, below: share, of: before) else { return ExitCode.success }
            StandardError.write(
                "optimizer-bench: \(guarded) has fallen below \(share) of what is stored, twice; look for what has "
                    + "become slower, or store new figures with --json")
        } catch {
            StandardError.write("optimizer-bench: \(error)")
        }
        return ExitCode.failure
    }

    private func print(_ figures: BenchmarkFigures) {
        for figure in figures.values { print(Self.line(figure.name, [figure.value])) }
    }

    private func print(_ change: BenchmarkFigures.Change) {
        let share = change.share.map { "\(($0 * 1000).rounded() / 10) %" } ?? "-"
        say("\(Self.line(change.name, [change.stored, change.now])) \(share)")
    }

    private func print(_ line: String) { Swift.print(line) }

    private static func line(_ name: String, _ values: [Double]) -> String {
        let columns = values.map { value in
            let text = "\(value)"
            return String(repeating: " ", count: max(1, 16 - text.utf8.count)) + text
        }
        return name + String(repeating: " ", count: max(0, 32 - name.utf8.count)) + columns.joined()
    }

    private static func read(_ path: String) throws -> BenchmarkFigures {
        let bytes = FileContent.read(path)
        guard !bytes.isEmpty else {
            throw BenchmarkFigures.Problem(description: "cannot read \"\(path)\", which --compare names")
        }
        return try BenchmarkFigures(json: try JSONValue.parse(bytes))
    }
}
