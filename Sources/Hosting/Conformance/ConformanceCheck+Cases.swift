import Messages
import Scheduling
import System

extension ConformanceCheck {
    typealias Case = (name: String, body: () throws(Fault) -> String)

    /// In the order they are run.
    var cases: [Case] {
        let own: [Case] =
            self.own.map { own in
                [("the request given", { () throws(Fault) in try self.answerOwn(own) })]
            } ?? []
        return [
            (
                "ready",
                { () throws(Fault) in
                    _ = try self.ready()
                    return ""
                }
            ),
            ("ping", ping),
            ("request", { () throws(Fault) in try self.answer(self.request("request", bars: 60)) }),
        ] + own + [
            ("several requests", several),
            ("two requests in a row", twoInARow),
            ("unknown parameter", unknownParameter),
            ("members named like the protocol's words", wordsOfTheProtocol),
            ("labels named like members", namesInLabels),
            ("no data", { () throws(Fault) in try self.answer(self.request("no-data", bars: 0)) }),
            ("invalid JSON", invalidJSON),
            ("huge request", huge),
            ("ping between requests", ping),
            ("silence", silence),
            ("end of input", { () throws(Fault) in try self.endOfInput() }),
            (
                "end of input at once",
                { () throws(Fault) in
                    self.drop()
                    return try self.endOfInput()
                }
            ),
        ]
    }

    private func request(
        _ id: String, bars: Int, more: JSONMember? = nil, first: [JSONMember] = [], padding: Int = 0
    ) -> Request {
        let id = "check-\(id)"
        return Request(id: id, bytes: sample.json(id: id, bars: bars, more: more, first: first, padding: padding))
    }

    private func ping() throws(Fault) -> String {
        let host = try ready()
        let deadline = MonotonicTime.now().adding(milliseconds: Self.pingMs)
        let line = try reply(
            host.run(Array(#"{"ping":7}"#.utf8), deadline: deadline), to: "the ping {\"ping\":7}", withinMs: Self.pingMs
        )
        guard (try? JSONValue.parse(line))?["pong"] == .integer(7) else {
            throw Fault("the ping {\"ping\":7} was answered with \(line.quotedLine), must be {\"pong\":7}")
        }
        return ""
    }

    private func several() throws(Fault) -> String {
        for (index, bars) in [40, 200, 61].enumerated() {
            _ = try answer(request("several-\(index + 1)", bars: bars))
        }
        return "3 of different length"
    }

    private func answerOwn(_ request: Request) throws(Fault) -> String {
        let said = try answer(request)
        ownEnding = endings.last
        return said
    }

    private func twoInARow() throws(Fault) -> String {
        let host = try ready()
        // A host that says so has as many from a node.
        let count = host.takesSeveral ? ServiceTimes.mostUnderWay : 2
        let requests = (1...count).map { request("row-\($0)", bars: 45 + 5 * $0) }
        if let loss = host.submit(requests.map(\.bytes)) {
            throw Fault("it was lost when requests came: \(loss)")
        }
        for one in requests {
            let line = try reply(
                host.awaitNext(until: .now().adding(milliseconds: answerMs)),
                to: "the request \(one.id), one of \(count) written in a row", withinMs: answerMs)
            _ = try check(line, one)
        }
        return host.takesSeveral ? "\(count) of them" : ""
    }

    private func unknownParameter() throws(Fault) -> String {
        let more = JSONMember("no_such_parameter", .integer(1))
        let said = try answer(request("unknown-parameter", bars: 60, more: more))
        return said == "completed" ? "completed; a node refuses it where the parameters are in its configuration" : said
    }

    /// The node leaves such members out; who tells a ping by a member alone is one rename away from a mistake.
    private func wordsOfTheProtocol() throws(Fault) -> String {
        let words = ["ping", "ready", "granted", "lock", "unlock", "log"]
        return try answer(request("words", bars: 60, first: words.map { JSONMember($0, .integer(7)) }))
    }

    /// Who looks for `"request_id"` anywhere in the line finds this one first.
    private func namesInLabels() throws(Fault) -> String {
        let labels = ["request_id", "strategy", "data", "ping"].map { JSONMember($0, .string("a label")) }
        return try answer(request("labels", bars: 60, first: [JSONMember("labels", .object(labels))]))
    }

    private func huge() throws(Fault) -> String {
        let plain = request("huge", bars: 5000).bytes.count
        let one = request("huge", bars: 5000, padding: max(1, Self.hugeBytes - plain))
        return "\(one.bytes.count) bytes, \(try answer(one))"
    }

    /// The node sends no such line; a host that dies of one would die of other surprises.
    private func invalidJSON() throws(Fault) -> String {
        let host = try ready()
        let line = try reply(
            host.run(
                Array(#"{"request_id":"check-invalid","strategy":{"na"#.utf8),
                deadline: .now().adding(milliseconds: answerMs)), to: "a line that is no JSON", withinMs: answerMs)
        let found: HostReply
        do throws(JSONProblem) {
            found = try HostReply.parse(line)
        } catch {
            throw Fault("a line that is no JSON was answered with \(line.quotedLine): \(error)")
        }
        guard found.status != .completed else {
            throw Fault("a line that is no JSON was answered with completed, must be rejected or failed")
        }
        _ = try answer(request("after-invalid", bars: 60))
        return "\(found.status.rawValue), and goes on"
    }

    private func silence() throws(Fault) -> String {
        let host = try ready()
        let wake: WakeDescriptor
        do throws(SystemFailure) {
            wake = try WakeDescriptor()
        } catch {
            throw Fault("cannot wait: \(error)")
        }
        if case .hostLost(let loss) = host.waitIdle(wake: wake, until: .now().adding(milliseconds: Self.quietMs)) {
            throw Fault("with nothing to do, \(loss); one line for each request, and none besides")
        }
        return ""
    }

    private func endOfInput() throws(Fault) -> String {
        let host = try ready()
        let status = host.end(graceMs: Self.endMs)
        self.host = nil
        collect(host)
        switch status {
        case .exited(code: 0): return "exit code 0"
        case .exited(let code): throw Fault("it exited with code \(code) at the end of its input, must be 0")
        case .signalled, .unfinished:
            throw Fault("it did not exit within \(Self.endMs) ms of the end of its input; the node kills it then")
        }
    }

    // MARK: Replies

    private static let traceLines = 6

    private func answer(_ request: Request) throws(Fault) -> String {
        let host = try ready()
        let line = try reply(
            host.run(request.bytes, deadline: .now().adding(milliseconds: answerMs)), to: "the request \(request.id)",
            withinMs: answerMs)
        return try check(line, request)
    }

    private func reply(_ outcome: StepOutcome, to what: String, withinMs: Int) throws(Fault) -> [UInt8] {
        switch outcome {
        case .answered(let line): return line
        case .timedOut:
            throw Fault("no answer to \(what) within \(withinMs) ms; is standard output flushed after each line?")
        case .lost(let loss): throw Fault("it was lost at \(what): \(loss)")
        }
    }

    private func check(_ line: [UInt8], _ request: Request) throws(Fault) -> String {
        let reply: HostReply
        do throws(JSONProblem) {
            reply = try HostReply.parse(line)
        } catch {
            throw Fault("the request \(request.id) was answered with \(line.quotedLine): \(error)")
        }
        guard let id = reply.requestID else {
            throw Fault("the request \(request.id) was answered with \(line.quotedLine), which has no \"request_id\"")
        }
        guard id == request.id else {
            throw Fault("the request \(request.id) was answered for \"\(id)\"; answers come one by one, in order")
        }
        guard reply.orders.isEmpty else { return try traded(reply.orders, request) }
        endings.append(reply.status)
        guard let problem = reply.problem else { return reply.status.rawValue }
        let details = (problem.details ?? "").split(whereSeparator: \.isNewline)
        trace = details.suffix(Self.traceLines).map { String($0).cut(toBytes: 200) }
        let message = problem.message.cut(toBytes: 300)
        return "\(reply.status.rawValue), \(problem.code.cut(toBytes: 100)): \(message)"
    }
}
