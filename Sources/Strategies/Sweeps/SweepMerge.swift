package import Messages

/// Puts the results of a sweep's steps together.
///
/// Steps count by their number, so what at-least-once delivery brings twice counts once, and the outcome does not
/// depend on the order of the results or on who ran them. Submissions that share an id are told apart by the digest
/// in their steps' ids and never mixed: the newest counts.
package struct SweepMerge: Sendable {
    /// What a result was to the merge.
    package enum Outcome: Equatable, Sendable {
        /// A step that was missing.
        case added
        /// A step that is there already.
        case duplicate
        /// No result of this sweep.
        case unrelated
    }

    /// A step that ended otherwise than completed.
    package struct Failure: Equatable, Sendable {
        package let status: String
        package let code: String
        package let message: String
    }

    private struct Submission {
        var results: StepResults
        /// When the first of its results was published. What is delivered once more later does not make it newer.
        var since: Int64
    }

    /// What is counted of a sweep's sets; the last two are among the evaluated.
    package static let countNames = ["evaluated", "skipped", "failed", "constraint_rejected", "undefined"]

    package let id: String
    private var submissions: [String: Submission] = [:]

    package init(id: String) { self.id = id }

    /// Takes one result from the results topic.
    ///
    /// - Parameters:
    ///   - result: the whole message.
    ///   - time: when it was published, in milliseconds since 1970.
    @discardableResult
    package mutating func add(_ result: JSONValue, at time: Int64 = 0) -> Outcome {
        guard let step = stepID(of: result) else { return .unrelated }
        var known = submissions[step.digest] ?? Submission(results: StepResults(id: id), since: time)
        // One owner: the lists in it must not be copied for every result.
        submissions[step.digest] = nil
        known.since = min(known.since, time)
        defer { submissions[step.digest] = known }
        guard result["status"]?.string != "completed" else { return known.results.add(result, step: step.step) }
        let failure = Failure(
            status: result["status"]?.string ?? "failed", code: result["error"]?["code"]?.string ?? "unknown",
            message: result["error"]?["message"]?.string ?? "")
        return known.results.add(failure, step: step.step)
    }

    /// Which step of this sweep a result is of; nil for other results.
    package func stepID(of result: JSONValue) -> StepID? {
        guard result["type"]?.string == "optimization_result", let text = result["request_id"]?.string,
            let step = StepID(text), step.sweep == id
        else { return nil }
        return step
    }

    /// Takes from a step's request how many steps there are: a failure does not say it.
    package mutating func learn(fromRequest request: JSONValue) {
        guard let text = request["request_id"]?.string, let step = StepID(text), step.sweep == id,
            let count = request["step"]?["of"]?.integer, count > 0
        else { return }
        submissions[step.digest]?.results.announce(stepCount: count)
    }

    // MARK: The newest submission

    /// Of the submission that counts; nil before the first result.
    package var digest: String? { newest?.key }
    /// How many submissions under the same id are left out.
    package var supersededCount: Int { max(0, submissions.count - 1) }
    /// How many steps the sweep has; nil while nothing has told it.
    package var stepCount: Int? { results?.stepCount }
    package var completedCount: Int { results?.completedCount ?? 0 }
    /// The steps that failed and did not complete in another attempt.
    package var failedSteps: [Int: Failure] { results?.failedSteps ?? [:] }
    package var isComplete: Bool { results?.isComplete ?? false }
    /// Why its results do not belong together: another version of the engine, or what is no step's result.
    package var problem: RequestProblem? { results?.problem }
    /// The best sets of all steps, best first.
    package var top: [JSONValue] { results?.top ?? [] }

    /// The merged result as JSON: the same bytes for the same steps, in whatever order they came.
    package func merged() -> [UInt8] { (results ?? StepResults(id: id)).merged() }

    private var results: StepResults? { newest?.value.results }

    private var newest: (key: String, value: Submission)? {
        submissions.max { ($0.value.since, $0.key) < ($1.value.since, $1.key) }
    }
}
