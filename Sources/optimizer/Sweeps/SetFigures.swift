import Messages
import Strategies
import Worker

/// `optimizer results --sweep --all`: all figures of all sets, in the order of their numbers, as soon as it is their turn.
///
/// Steps are answered in any order. What comes before its turn waits in a file, so memory does not grow with the sweep.
struct SetFigures {
    private struct Waiting {
        var steps: [Int: SpillFile.Piece] = [:]
        var columns: [String]?
        /// Why the rows of a step cannot be had.
        var problem: (step: Int, SetRows.Problem)?
    }

    private let format: SetRows.Format
    /// By the digests of the submissions under one id: which one counts is known when all is read.
    private var waiting: [String: Waiting] = [:]
    private var spill: SpillFile?
    private var writer = DataWriter()
    /// Whose rows are written.
    private var digest: String?
    /// The step whose turn it is.
    private var next = 0

    /// - Returns: nil without `--all`.
    /// - Throws: what is wrong with the call, code 64.
    init?(_ arguments: Arguments) throws(CommandFailure) {
        let word = arguments.value("format")
        guard arguments.has("all") else {
            guard word == nil else { throw .usage("--format goes with --all") }
            return nil
        }
        guard !arguments.has("json") else { throw .usage("--all has a --format, and does not go with --json") }
        let words = SetRows.Format.allCases.map(\.rawValue)
        guard let format = SetRows.Format(rawValue: word ?? SetRows.Format.csv.rawValue) else {
            throw .usage(
                "--format is \(word ?? ""), must be one of " + words.joined(separator: ", ")
                    + nearestNameHint(to: word ?? "", in: words))
        }
        self.format = format
    }

    /// Takes the result of a step that was missing.
    mutating func take(_ result: JSONValue, _ step: StepID) throws(CommandFailure) {
        let rows: SetRows
        do throws(SetRows.Problem) {
            rows = try SetRows(result, format)
            guard (waiting[step.digest]?.columns ?? rows.columns) == rows.columns else { throw .malformed }
        } catch {
            let known = waiting[step.digest]?.problem
            waiting[step.digest, default: Waiting()].problem = known ?? (step.step, error)
            return
        }
        let file: SpillFile
        if let spill { file = spill } else { file = try SpillFile() }
        spill = file
        let piece = try file.append(rows.bytes)
        waiting[step.digest, default: Waiting()].steps[step.step] = piece
        waiting[step.digest]?.columns = rows.columns
    }

    /// Writes what has its turn.
    ///
    /// - Parameter digest: of the submission that counts.
    /// - Throws: that the rows cannot be had, or that standard output cannot be written.
    mutating func write(_ digest: String) throws(CommandFailure) {
        try begin(digest)
        while let piece = waiting[digest]?.steps.removeValue(forKey: next) {
            try write(piece)
            next += 1
        }
        try writer.flush()
    }

    /// Writes all that is left, where steps are missing between.
    mutating func finish(_ digest: String) throws(CommandFailure) {
        try write(digest)
        for (_, piece) in (waiting[digest]?.steps ?? [:]).sorted(by: { $0.key < $1.key }) { try write(piece) }
        try writer.flush()
    }

    private mutating func begin(_ digest: String) throws(CommandFailure) {
        if let problem = waiting[digest]?.problem { throw Self.failure(problem) }
        guard self.digest != digest else { return }
        guard self.digest == nil else {
            throw CommandFailure(
                "another sweep was submitted under the same id meanwhile: the rows written are of the one before",
                code: ExitCode.dataError)
        }
        guard let known = waiting[digest] else { return }
        self.digest = digest
        if format == .csv, let columns = known.columns { try writer.line(SetRows.header(columns)) }
    }

    private static func failure(_ problem: (step: Int, SetRows.Problem)) -> CommandFailure {
        switch problem.1 {
        case .notAskedFor:
            CommandFailure(
                "the sweep did not ask for the figures of all sets, and its results do not have them: \"output\": "
                    + "{\"figures\": \"all\"} does", code: ExitCode.dataError)
        case .malformed:
            CommandFailure(
                "the figures in the result of step \(problem.step) are not as a step's result has them; submit the sweep "
                    + "again under another id", code: ExitCode.dataError)
        }
    }

    private mutating func write(_ piece: SpillFile.Piece) throws(CommandFailure) {
        guard let spill, piece.count > 0 else { return }
        // Without the last end of a line, which the writer writes.
        try writer.line(try spill.read(piece).dropLast())
    }
}
