import Kafka
import Messages
import Strategies
import Worker

/// `optimizer submit` of a sweep in rounds: sends a round, waits for its results, and asks for the next.
///
/// What is there already is read from the topics and told, so the same command goes on wherever it was interrupted. A step
/// that fails ends it: the sets of the rounds after it would follow from luck.
struct RoundSubmission {
    private var rounds: SweepRounds
    private let merge: SweepMerge
    private let known: SentSteps
    private let resendsFailed: Bool
    /// Results of requests that were there before this command.
    private var failedPlaces: Set<RequestPlace> = []
    /// The steps whose request of this command has failed.
    private var failedHere: Set<Int> = []
    private var failures: [Int: String] = [:]
    private var sent: Set<Int> = []
    /// All that was there has been read: nothing is sent before.
    private var isAtEnd = false
    private var lastSent = -1
    /// Why it cannot go on.
    private(set) var problem: CommandFailure?

    init(_ rounds: SweepRounds, _ known: SentSteps, resendsFailed: Bool) {
        self.rounds = rounds
        self.known = known
        self.resendsFailed = resendsFailed
        merge = SweepMerge(id: rounds.plan.id)
    }

    /// How many of the steps that were there already were not sent again.
    var keptCount: Int { known.places.keys.count { !sent.contains($0) } }
    var completedCount: Int { (0..<rounds.plan.stepCount).count { rounds.isTold($0) } }

    var progress: String {
        guard isAtEnd, let round = rounds.current else { return "reading the results that are there" }
        return "round \(round + 1) of \(rounds.roundCount)"
    }

    /// - Parameter send: sends the request of a step; false where an interruption came before.
    /// - Returns: false where there is no more to do.
    mutating func take(_ event: TopicScan.Event, _ send: (Int, [UInt8]) -> Bool) -> Bool {
        switch event {
        case .record(let record): take(record)
        case .caughtUp: isAtEnd = true
        case .lull: break
        }
        guard problem == nil else { return false }
        return isAtEnd ? goOn(send) : true
    }

    private mutating func take(_ record: KafkaRecord) {
        guard let value = record.value, let result = try? JSONValue.parse(value), let step = merge.stepID(of: result),
            step.digest == rounds.plan.digest, (0..<rounds.plan.stepCount).contains(step.step)
        else { return }
        guard result["status"]?.string == ResultStatus.completed.rawValue else {
            return note(failureOf: step.step, result)
        }
        do throws(RequestProblem) {
            try rounds.tell(result, step: step.step)
        } catch {
            problem = CommandFailure(error.message, code: ExitCode.dataError)
        }
    }

    private mutating func note(failureOf step: Int, _ result: JSONValue) {
        let place = RequestPlace(ofResult: result)
        if let place, known.places[step]?.contains(place) == true {
            failedPlaces.insert(place)
        } else {
            failedHere.insert(step)
        }
        failures[step] =
            "step \(step) \(result["status"]?.string ?? "failed") (\(result["error"]?["code"]?.string ?? "unknown")): "
            + (result["error"]?["message"]?.string ?? "")
    }

    /// Whether nothing is under way any more that could complete a step.
    private func hasFailed(_ step: Int) -> Bool {
        guard failures[step] != nil, !rounds.isTold(step) else { return false }
        return sent.contains(step)
            ? failedHere.contains(step) : known.places[step]?.allSatisfy(failedPlaces.contains) ?? true
    }

    private mutating func goOn(_ send: (Int, [UInt8]) -> Bool) -> Bool {
        guard let round = rounds.current else { return false }
        if lastSent < round {
            lastSent = round
            for (step, request) in rounds.requests(ofRound: round) where needs(step) {
                guard send(step, request) else { return false }
                sent.insert(step)
            }
        }
        guard let failed = rounds.steps(ofRound: round).first(where: hasFailed) else { return true }
        problem = CommandFailure(
            "\(failures[failed] ?? ""); the rounds after it wait for it: once the cause is mended, the same command with "
                + "--resend-failed goes on")
        return false
    }

    private func needs(_ step: Int) -> Bool {
        guard !rounds.isTold(step) else { return false }
        return known.places[step] == nil || (resendsFailed && hasFailed(step))
    }
}
