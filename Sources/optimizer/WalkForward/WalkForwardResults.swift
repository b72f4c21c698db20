import Kafka
import Messages
import Strategies
import Worker

/// `optimizer results --walk-forward`: the sweeps of its windows, each put together, and what their best sets then did.
struct WalkForwardResults {
    private let id: String
    private let connection: KafkaConnection
    private let waitsForFailed: Bool
    /// By the windows' numbers.
    private var merges: [Int: SweepMerge] = [:]
    /// Where a request of each submission lies, by its window and its digest: the newest result's.
    private var origins: [Int: [String: (place: RequestPlace, time: Int64)]] = [:]
    /// What the windows' requests say of them, with the submissions and the places that were looked for.
    private var parts: [Int: (digest: String, place: RequestPlace?, definition: JSONValue?)] = [:]
    private var isAtEnd = false
    private var isUnknown = false
    private var progress = SweepProgress()
    private var others = KnownSweeps()

    static func run(_ id: String, _ arguments: Arguments) throws(CommandFailure) -> Int32 {
        for name in ["all", "format"] where arguments.has(name) {
            throw .usage("--\(name) is for one sweep; that of a window is --sweep ID.w1")
        }
        for name in ["sweep", "request", "count", "from-now", "x", "y", "heatmap-over", "definition"]
        where arguments.has(name) {
            throw .usage("--\(name) does not go with --walk-forward")
        }
        let scan = try ResultsStart.scan(ofSteps: arguments)
        let connection = scan.connection
        var interruption = Interruption()
        var results = WalkForwardResults(id, connection, waitsForFailed: arguments.has("follow"))
        _ = try scan.run { event throws(CommandFailure) in
            results.take(event, unless: &interruption)
        }
        results.learnParts()
        results.progress.clear()
        guard !results.isUnknown else {
            let words =
                "no walk-forward \"\(id)\": neither \(scan.topic) nor \(connection.topics.requests) holds a step of its "
                + "first window; a plain sweep is shown by --sweep"
            Output.words(words.escapedForTerminal)
            return ExitCode.failure
        }
        if let problem = results.merges.values.compactMap(\.problem).first {
            throw CommandFailure(problem.message, code: ExitCode.dataError)
        }
        let merged = results.putTogether()
        if let problem = merged.conflict { throw CommandFailure(problem.message, code: ExitCode.dataError) }
        return try show(merged, arguments, isInterrupted: interruption.hasCome)
    }

    /// - Returns: the exit code.
    private static func show(
        _ merged: MergedWalkForward, _ arguments: Arguments, isInterrupted: Bool
    ) throws(CommandFailure) -> Int32 {
        let json = merged.json()
        let value = (try? JSONValue.parse(json)) ?? .null
        let table = WalkForwardTable(merged: value)
        try DataWriter.write(
            arguments.has("json") ? [String(decoding: json.escapedJSONForTerminal, as: UTF8.self)] : table.lines)
        if let path = arguments.value("html") {
            guard TextFile.write(WalkForwardPage(merged: value, joined: merged.joined).html, to: path) else {
                throw CommandFailure("cannot write \(path)", code: ExitCode.failure)
            }
            Output.words("the page is \(path)".escapedForTerminal)
        }
        for line in table.words { Output.words(line.escapedForTerminal) }
        if isInterrupted { return Interruption.exitCode }
        return merged.joined == nil ? ExitCode.failure : ExitCode.success
    }

    private init(_ id: String, _ connection: KafkaConnection, waitsForFailed: Bool) {
        (self.id, self.connection, self.waitsForFailed) = (id, connection, waitsForFailed)
    }

    /// nil while no request has told it.
    private var windowCount: Int? {
        parts.values.lazy.compactMap { $0.definition.flatMap(WalkForwardPart.windowCount) }.first
    }

    /// Every step of every window has a result, or, where failed ones are waited for, a good one.
    private var isSettled: Bool {
        if merges.values.contains(where: { $0.problem != nil }) { return true }
        // Where all requests are gone nobody knows how many windows there are, and nothing can be joined.
        guard let windowCount else {
            return parts.count == merges.count && !parts.isEmpty && parts.values.allSatisfy { $0.definition == nil }
        }
        return (1...windowCount).allSatisfy { number in
            guard let merge = merges[number], let stepCount = merge.stepCount else { return false }
            return merge.completedCount + (waitsForFailed ? 0 : merge.failedSteps.count) >= stepCount
        }
    }

    private mutating func take(_ event: TopicScan.Event, unless interruption: inout Interruption) -> Bool {
        switch event {
        case .record(let record):
            guard take(record) else { return !interruption.check() }
        case .caughtUp:
            isAtEnd = true
            // Who follows may be there before it is submitted.
            if merges.isEmpty, !waitsForFailed, !interruption.check() {
                let first = WalkForwardPlan.sweepID(of: id, window: 1)
                isUnknown = !others.findRequest(of: first, connection, unless: &interruption)
                if isUnknown { return false }
            }
            progress.begin()
        case .lull: break
        }
        if isAtEnd { learnParts() }
        showProgress()
        return !interruption.check() && !(isAtEnd && isSettled)
    }

    /// - Returns: whether it is of a window.
    private mutating func take(_ record: KafkaRecord) -> Bool {
        guard let value = record.value, let result = try? JSONValue.parse(value),
            let step = result["request_id"]?.string.flatMap(StepID.init),
            let (walkForward, number) = WalkForwardPlan.window(ofSweep: step.sweep), walkForward == id,
            // What is no step's result, under whatever id, makes no window that would be waited for.
            SweepMerge(id: step.sweep).stepID(of: result) != nil
        else { return false }
        let time = record.timestampMs ?? 0
        merges[number, default: SweepMerge(id: step.sweep)].add(result, at: time)
        // Of what was sent again the earlier request may be gone.
        if let place = RequestPlace(ofResult: result), time >= origins[number]?[step.digest]?.time ?? .min {
            origins[number, default: [:]][step.digest] = (place, time)
        }
        return true
    }

    /// Reads a request of each window that has a result: it says what the window is, and how many steps there are.
    private mutating func learnParts() {
        for number in merges.keys.sorted() {
            guard let merge = merges[number], let digest = merge.digest else { continue }
            let place = origins[number]?[digest]?.place
            if let known = parts[number], known.digest == digest, known.definition != nil || known.place == place {
                continue
            }
            let request = place?.request(connection)
            parts[number] = (digest, place, request.flatMap { RequestPlace.sweep(merge.id, ofRequest: $0) })
            if let request { merges[number]?.learn(fromRequest: request) }
        }
    }

    private mutating func showProgress() {
        // Of windows without a result nobody knows how many steps they have: as many as the others.
        let counts = merges.values.compactMap(\.stepCount)
        let most = counts.max()
        let total = windowCount.flatMap { windows in
            most.map { counts.reduce(0, +) + max(0, windows - counts.count) * $0 }
        }
        progress.show(
            SweepProgress.State(
                sweep: id, completed: merges.values.reduce(0) { $0 + $1.completedCount },
                failed: merges.values.reduce(0) { $0 + $1.failedSteps.count }, total: total))
    }

    // MARK: In the end

    private func putTogether() -> MergedWalkForward {
        let last = windowCount ?? merges.keys.max() ?? 0
        let windows = (1..<last + 1).map { number in
            let sweep = WalkForwardPlan.sweepID(of: id, window: number)
            return WalkForwardRuns.Window(
                number: number, merge: merges[number] ?? SweepMerge(id: sweep), definition: parts[number]?.definition)
        }
        return WalkForwardRuns.run(id, windows, connection.configuration)
    }
}
