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

    /// Measures, and prints the figures where JSON is wanted: for people the benchmark says them itself.
    ///
    /// - Parameter guarded: figures that may not fall below `smallestShare` of the stored ones. Where one has, all is
    ///   measured once more: another program may have run.
    /// - Returns: the exit code.
    func run(guarding guarded: [String] = [], _ measure: () throws -> BenchmarkFigures) -> Int32 {
        do {
            let before = try stored.map(Self.read)
            // What cannot be compared is found before anything is measured.
            if let before { _ = try BenchmarkFigures(broker: BenchKafka.kind).changes(since: before) }
            var figures = try measure()
            if let fallen = figures.fallen(guarded, since: before) {
                say("\(fallen): measuring once more")
                figures = try measure()
            }
            if isJSON { print(figures.json.text) }
            guard let before else { return ExitCode.success }
            say("stored, now, and what that is of it:")
            for change in try figures.changes(since: before) { say(change) }
            guard let fallen = figures.fallen(guarded, since: before) else { return ExitCode.success }
            StandardError.write(
                "optimizer-bench: twice \(fallen); look for what has become slower, or store what --json prints")
        } catch {
            StandardError.write("optimizer-bench: \(error)")
        }
        return ExitCode.failure
    }

    /// Says each figure.
    func list(_ figures: BenchmarkFigures) {
        for figure in figures.values { say(Self.line(figure.name, [figure.value])) }
    }

    private func say(_ change: BenchmarkFigures.Change) {
        let share = change.share.map { "\(($0 * 1000).rounded() / 10) %" } ?? "-"
        say("\(Self.line(change.name, [change.stored, change.now])) \(share)")
    }

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
        do {
            return try BenchmarkFigures(json: try JSONValue.parse(bytes))
        } catch {
            throw BenchmarkFigures.Problem(description: "\(path): \(error)")
        }
    }
}

extension BenchmarkFigures {
    private static let smallestShare = 0.7

    /// Says which figure has fallen; nil where none has.
    fileprivate func fallen(_ names: [String], since stored: BenchmarkFigures?) -> String? {
        guard let stored else { return nil }
        let fallen = names.filter { hasFallen($0, below: Self.smallestShare, of: stored) }
        guard !fallen.isEmpty else { return nil }
        return "below \(Self.smallestShare) of what is stored: \(fallen.joined(separator: ", "))"
    }
}
