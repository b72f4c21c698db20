import Messages
import Scheduling
import System

/// Answers with positions or signals: they are traded as in a node.
extension ConformanceCheck {
    /// - Parameter orders: the answer to the request.
    /// - Returns: what comes of them. That they cannot be traded is the request's failure and none of the protocol's.
    func traded(_ orders: [UInt8], _ request: Request) throws(Fault) -> String {
        let parsed: StrategyRequest
        do throws(UnreadableRequest) {
            parsed = try StrategyRequest.parse(request.bytes)
        } catch {
            throw Fault("the request \(request.id) cannot be read: \(error.problem.message)")
        }
        let payload = StepFrame.payload(of: parsed, token: 1, orders: orders)
        guard payload.count <= HostFraming.maximumPayload else {
            throw Fault("the answer to \(request.id) has \(orders.count) bytes, too many to be traded")
        }
        let outcome = try readyEngine().run(payload, deadline: .now().adding(milliseconds: answerMs))
        guard case .answered(let frame) = outcome else {
            throw Fault(
                "the engine did not trade what \(request.id) was answered with within \(answerMs) ms: \(outcome)")
        }
        let reply: HostReply
        do throws(JSONProblem) {
            reply = try HostReply.parse(frame, ofStep: 1, parsed)
        } catch {
            throw Fault("the engine's answer cannot be read: \(error)")
        }
        endings.append(reply.status)
        if let problem = reply.problem { return "\(reply.status.rawValue), \(problem.code): \(problem.message)" }
        let members = try? JSONValue.parse(Array("{".utf8) + reply.members + Array("}".utf8))
        let trades = members?["statistics"]?["trade_count"]?.integer ?? 0
        return "completed, \(trades) trades over \(members?["data"]?["bars"]?.integer ?? 0) bars"
    }

    private func readyEngine() throws(Fault) -> Host {
        if let engine, !engine.isGone { return engine }
        do throws(HostFailure) {
            let new = try spawner.spawn(engineCommand)
            _ = try new.awaitReady(until: .now().adding(milliseconds: readyMs))
            engine = new
            return new
        } catch {
            throw Fault("the engine that trades positions cannot be started: \(error)")
        }
    }
}
