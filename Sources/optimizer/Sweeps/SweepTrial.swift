import Configuration
import Hosting
import Messages
import Scheduling
import Strategies
import System
import Worker

/// A few sets of a sweep over an external strategy, run on this machine before any is sent: how long one takes, and
/// whether it can be run at all.
struct SweepTrial {
    enum Outcome {
        /// A set took so long, in ms.
        case took(Double)
        /// The sets of a place did not end within `timeoutMs`.
        case overdue
        /// None of them was decided.
        case undecided
    }

    let outcome: Outcome
    /// Why the first one that could not run could not; nil where all could.
    let failure: String?

    private static let sets = 3
    static let timeoutMs = 60_000

    /// - Throws: why nothing could be tried.
    static func run(_ plan: SweepPlan, _ configuration: OptimizerConfiguration) throws(CommandFailure) -> SweepTrial {
        guard let strategy = configuration.strategies.first(where: { $0.name == plan.sweep.externalStrategy?.name })
        else { throw CommandFailure("the configuration does not say how it is started") }
        let hosts = try LocalHosts(configuration, memoryMB: strategy.limits.memoryMB)
        defer { hosts.stop() }
        let engine = try hosts.start(
            HostCommand(builtIn: hosts.launcher, dataRoot: configuration.data.root), timeoutMs: 30_000)
        defer { _ = engine.kill() }
        let host = try hosts.start(
            HostCommand(strategy, dataRoot: configuration.data.root), timeoutMs: strategy.startTimeoutMs)
        defer { _ = host.kill() }
        var small = plan
        small.cut(setsPerStep: sets)
        var failure: String?
        // The rules between parameters may skip the sets of one place, and the strategy may refuse them.
        for step in Set([small.stepCount / 2, small.stepCount - 1, 0]).sorted(by: >) {
            let trial = try run(small.request(step: step), strategy.descriptor, engine, host)
            failure = failure ?? trial.failure
            guard case .undecided = trial.outcome else { return SweepTrial(outcome: trial.outcome, failure: failure) }
        }
        guard let failure else { throw CommandFailure("the sets that were tried are all skipped") }
        return SweepTrial(outcome: .undecided, failure: failure)
    }

    /// Runs the sets of one place.
    private static func run(
        _ request: [UInt8], _ descriptor: StrategyDescriptor, _ engine: Host, _ host: Host
    ) throws(CommandFailure) -> SweepTrial {
        let parsed: StrategyRequest
        do throws(UnreadableRequest) {
            parsed = try StrategyRequest.parse(request)
        } catch {
            throw CommandFailure(error.problem.message)
        }
        let deadline = MonotonicTime.now().adding(milliseconds: timeoutMs)
        var frame = StepFrame.payload(of: parsed, token: 1, descriptor: descriptor)
        var times: [Double] = []
        while true {
            let begin = MonotonicTime.now()
            guard let payload = try answer(engine.run(frame, deadline: deadline), "the engine") else {
                return SweepTrial(outcome: .overdue, failure: nil)
            }
            guard let question = QuestionFrame(payload) else {
                // The first one loads what the others find there.
                let measured = times.count > 1 ? times.dropFirst() : times[...]
                return SweepTrial(
                    outcome: measured.isEmpty ? .undecided : .took(measured.reduce(0, +) / Double(measured.count)),
                    failure: failure(payload, parsed))
            }
            guard let answer = try answer(host.run(question.request, deadline: deadline), "its host") else {
                return SweepTrial(outcome: .overdue, failure: nil)
            }
            let took = MonotonicTime.now().milliseconds(since: begin)
            guard (try? LockDemand.parse(answer)) == nil else {
                throw CommandFailure("its sets ask for locks, which only a node gives")
            }
            // What is refused takes no time, or another one.
            if let reply = try? HostReply.parse(answer), !reply.orders.isEmpty { times.append(took) }
            frame = answer
        }
    }

    /// - Returns: nil where there was none in time.
    private static func answer(_ outcome: StepOutcome, _ who: String) throws(CommandFailure) -> [UInt8]? {
        switch outcome {
        case .answered(let payload): return payload
        case .timedOut: return nil
        case .lost(let loss): throw CommandFailure("\(who) was lost: \(loss)")
        }
    }

    private static func failure(_ payload: [UInt8], _ request: StrategyRequest) -> String? {
        guard let reply = try? HostReply.parse(payload, ofStep: 1, request) else {
            return "the engine's answer is no reply"
        }
        if let problem = reply.problem { return "\(problem.code): \(problem.message)" }
        let first = (try? JSONValue.parse(Array("{".utf8) + reply.members + Array("}".utf8)))?["first_failure"]
        guard let code = first?["code"]?.string, let message = first?["message"]?.string else { return nil }
        return "\(code): \(message)"
    }
}
