import Configuration
import Hosting
import Messages
import Scheduling
import Strategies
import System
import Worker

/// A request for a strategy of the configuration, run on this machine: a host of it decides, the engine trades.
enum OwnStrategyRun {
    /// - Returns: the members of the result.
    /// - Throws: why there is none.
    static func members(
        of request: [UInt8], _ strategy: ExternalStrategy, _ engine: HostedStrategies,
        _ configuration: OptimizerConfiguration
    ) throws(CommandFailure) -> JSONValue {
        let orders = try orders(for: request, strategy, configuration)
        do {
            let parsed = try StrategyRequest.parse(request)
            let frame = StepFrame.payload(of: parsed, token: 1, orders: orders)
            let reply = try HostReply.parse(engine.answer(frame) { 0 }, ofStep: 1, parsed)
            if let problem = reply.problem { throw CommandFailure(problem.message) }
            return try JSONValue.parse(Array("{".utf8) + reply.members + Array("}".utf8))
        } catch let failure as CommandFailure {
            throw failure
        } catch {
            throw CommandFailure("what the engine answered cannot be read: \(error)")
        }
    }

    /// - Returns: what a host of the strategy has answered, with positions or signals in it.
    /// - Throws: why there is none.
    static func orders(
        for request: [UInt8], _ strategy: ExternalStrategy, _ configuration: OptimizerConfiguration
    ) throws(CommandFailure) -> [UInt8] {
        let hosts = try LocalHosts(configuration, memoryMB: strategy.limits.memoryMB)
        defer { hosts.stop() }
        let host = try hosts.start(
            HostCommand(strategy, dataRoot: configuration.data.root), timeoutMs: strategy.startTimeoutMs)
        defer { _ = host.kill() }
        // As a node gives it.
        let timeoutMs = strategy.limits.timeoutMs ?? configuration.limits.timeoutMs
        let line: [UInt8]
        switch host.run(request, deadline: .now().adding(milliseconds: timeoutMs)) {
        case .answered(let answer): line = answer
        case .timedOut:
            let section = strategy.limits.timeoutMs == nil ? "" : "strategies.\(strategy.name)."
            throw CommandFailure(
                "a host of \(strategy.name) did not answer within \(timeoutMs) ms (\(section)limits.timeoutMs)")
        case .lost(let loss): throw CommandFailure("a host of \(strategy.name) was lost: \(loss)")
        }
        let answer: HostReply
        do throws(JSONProblem) {
            answer = try HostReply.parse(line)
        } catch {
            throw CommandFailure("what a host of \(strategy.name) answered cannot be read: \(error)")
        }
        if let problem = answer.problem { throw CommandFailure("\(strategy.name): \(problem.message)") }
        return answer.orders
    }
}
