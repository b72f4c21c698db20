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
    /// What one set took, in ms.
    let setMs: Double
    /// Why the first one that could not run could not; nil where all could.
    let failure: String?

    private static let sets = 3
    private static let timeoutMs = 60_000

    /// - Throws: why nothing could be measured.
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
        // The rules between parameters may skip the sets of one place.
        for step in Set([small.stepCount / 2, small.stepCount - 1, 0]).sorted(by: >) {
            if let trial = try run(small.request(step: step), strategy.descriptor, engine, host) { return trial }
        }
        throw CommandFailure("the sets that were tried are all skipped")
    }

    /// - Returns: nil where every set of the step is skipped.
    private static func run(
        _ request: [UInt8], _ descriptor: StrategyDescriptor, _ engine: Host, _ host: Host
    ) throws(CommandFailure) -> SweepTrial? {
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
            let payload = try answer(engine.run(frame, deadline: deadline), "the engine")
            guard let question = QuestionFrame(payload) else {
                // The first one loads what the others find there.
                let measured = times.count > 1 ? times.dropFirst() : times[...]
                guard !measured.isEmpty else { return nil }
                return SweepTrial(
                    setMs: measured.reduce(0, +) / Double(measured.count), failure: failure(payload, parsed))
            }
            frame = try answer(host.run(question.request, deadline: deadline), "its host")
            times.append(MonotonicTime.now().milliseconds(since: begin))
        }
    }

    private static func answer(_ outcome: StepOutcome, _ who: String) throws(CommandFailure) -> [UInt8] {
        switch outcome {
        case .answered(let payload): return payload
        case .timedOut: throw CommandFailure("\(who) did not answer within \(timeoutMs / 1000) s")
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
