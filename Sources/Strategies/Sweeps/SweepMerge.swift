package import Messages

/// Puts the results of a sweep's steps together.
///
/// Steps count by their number, so what at-least-once delivery brings twice counts once, and the outcome does not
/// depend on the order of the results or on who ran them.
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

    package let id: String
    private var frame: Frame?
    private var steps: [Int: Step] = [:]
    private var failures: [Int: Failure] = [:]

    /// A step that ended otherwise than completed.
    package struct Failure: Equatable, Sendable {
        package let status: String
        package let code: String
        package let message: String
    }

    /// What all steps of a sweep have in common.
    private struct Frame: Equatable {
        let members: [JSONMember]
        let stepCount: Int
        let objective: Objective
        let top: Int

        static let names = ["strategy", "data", "account", "objective", "grid", "top_limit", "engine"]
    }

    private struct Step {
        let counts: JSONValue
        let top: [JSONValue]
        let heatmap: [JSONValue]?
    }

    package init(id: String) { self.id = id }

    /// How many steps the sweep has; nil before the first result.
    package var stepCount: Int? { frame?.stepCount }
    package var completedCount: Int { steps.count }
    /// The steps that failed and did not complete in another attempt.
    package var failedSteps: [Int: Failure] { failures.filter { steps[$0.key] == nil } }
    package var isComplete: Bool { frame.map { steps.count == $0.stepCount } ?? false }

    /// Takes one result from the results topic (the whole message).
    ///
    /// - Throws: where it does not fit the results before it: another version of the data, of the engine, of the sweep.
    package mutating func add(_ result: [UInt8]) throws(RequestProblem) -> Outcome {
        guard let value = try? JSONValue.parse(result), value["type"]?.string == "optimization_result" else {
            return .unrelated
        }
        guard value["status"]?.string == "completed" else { return addFailure(value) }
        guard value["optimization_id"]?.string == id else { return .unrelated }
        guard let number = value["step"]?["step"]?.integer, let new = Self.frame(of: value),
            (0..<new.stepCount).contains(number), let counts = value["counts"], let top = value["top"]?.elements
        else {
            throw RequestProblem(.invalidRequest, "a result of sweep \(id) lacks what a step's result must have")
        }
        if let frame { try check(new, against: frame) } else { frame = new }
        guard steps[number] == nil else { return .duplicate }
        steps[number] = Step(counts: counts, top: top, heatmap: value["heatmap"]?.elements)
        return .added
    }

    /// A failed step names the sweep only in its request's id: "<sweep>:<digest>:<step>".
    private mutating func addFailure(_ value: JSONValue) -> Outcome {
        let parts = value["request_id"]?.string?.split(separator: ":", omittingEmptySubsequences: false) ?? []
        guard parts.count >= 3, parts.dropLast(2).joined(separator: ":") == id, let number = Int(parts[parts.count - 1])
        else { return .unrelated }
        let failure = Failure(
            status: value["status"]?.string ?? "failed", code: value["error"]?["code"]?.string ?? "unknown",
            message: value["error"]?["message"]?.string ?? "")
        // Whichever comes first: the outcome must not depend on it.
        if let known = failures[number], (known.code, known.message) <= (failure.code, failure.message) {
            return .duplicate
        }
        defer { failures[number] = failure }
        return failures[number] == nil ? .added : .duplicate
    }

    private static func frame(of value: JSONValue) -> Frame? {
        guard let stepCount = value["step"]?["of"]?.integer, stepCount > 0,
            let target = value["objective"]?["target"]?.string.flatMap(Statistic.init(rawValue:)),
            let extremum = value["objective"]?["extremum"]?.string.flatMap(Objective.Extremum.init(rawValue:)),
            let top = value["top_limit"]?.integer
        else { return nil }
        return Frame(
            members: Frame.names.map { JSONMember($0, value[$0] ?? .null) }, stepCount: stepCount,
            objective: Objective(target: target, extremum: extremum), top: top)
    }

    private func check(_ new: Frame, against frame: Frame) throws(RequestProblem) {
        for (one, other) in zip(frame.members, new.members) where one != other {
            throw RequestProblem(
                .invalidData,
                "the results of sweep \(id) do not belong together: one has \(one.name) \(one.value.text.prefix(300)), "
                    + "another \(other.value.text.prefix(300)); submit the sweep again under another id")
        }
        guard frame.stepCount == new.stepCount else {
            throw RequestProblem(
                .invalidData,
                "the results of sweep \(id) do not belong together: one counts \(frame.stepCount) steps, another "
                    + "\(new.stepCount)")
        }
    }
}

extension SweepMerge {
    /// The merged result as JSON: the same bytes for the same steps, in whatever order they came.
    package func merged() -> [UInt8] {
        var json = JSONWriter(capacity: 16_384)
        json.beginObject()
        json.member("schema_version", StrategyRequest.schemaVersion)
        json.member("type", "optimization_merged")
        json.member("optimization_id", id)
        for member in frame?.members ?? [] where member.name != "top_limit" { json.member(member.name, member.value) }
        writeSteps(to: &json)
        writeCounts(to: &json)
        json.member("top", .array(top))
        json.member("heatmap", heatmap.map { .array($0) } ?? .null)
        json.endObject()
        return json.bytes
    }

    /// The best sets of all steps, best first.
    package var top: [JSONValue] {
        guard let frame else { return [] }
        let ranked = steps.values.flatMap(\.top).compactMap { entry -> (value: Double, index: Int, entry: JSONValue)? in
            guard let value = entry["objective"]?.double, let index = entry["index"]?.integer else { return nil }
            return (value, index, entry)
        }
        let sorted = ranked.sorted { frame.objective.ranks(($0.value, $0.index), before: ($1.value, $1.index)) }
        return sorted.prefix(frame.top).map(\.entry)
    }

    private var heatmap: [JSONValue]? {
        let parts = steps.sorted { $0.key < $1.key }.map(\.value.heatmap)
        return parts.contains { $0 == nil } ? nil : parts.flatMap { $0 ?? [] }
    }

    private func writeSteps(to json: inout JSONWriter) {
        let failed = failedSteps.sorted { $0.key < $1.key }
        json.name("steps")
        json.beginObject()
        json.member("of", frame?.stepCount ?? 0)
        json.member("completed", steps.count)
        json.name("failed")
        json.beginArray()
        for (number, failure) in failed {
            json.beginObject()
            json.member("step", number)
            json.member("status", failure.status)
            json.member("code", failure.code)
            json.member("message", failure.message)
            json.endObject()
        }
        json.endArray()
        json.endObject()
    }

    private func writeCounts(to json: inout JSONWriter) {
        json.name("counts")
        json.beginObject()
        for name in ["evaluated", "skipped", "failed", "constraint_rejected", "undefined"] {
            json.member(name, steps.values.reduce(0) { $0 &+ ($1.counts[name]?.integer ?? 0) })
        }
        json.endObject()
    }
}
