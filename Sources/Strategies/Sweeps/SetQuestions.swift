import Messages

/// Has sets of a sweep over an external strategy decided by a host of it: each is a request of its own, over the bars that
/// the set is run on.
final class SetQuestions {
    private let ask: ([UInt8]) -> [UInt8]?
    private let descriptor: StrategyDescriptor
    /// Of each data set.
    private let versions: [String?]
    private let name: String
    /// Members of every request that are the step's.
    private let sections: [JSONMember]
    private let data: [[JSONMember]]
    private var asked = 0

    /// - Parameters:
    ///   - versions: of the data sets, which the step runs on; nil for inline bars.
    ///   - ask: hands a `QuestionFrame` to the node; nil comes back where there is none any more.
    init(
        _ request: StrategyRequest, _ sweep: Sweep, step: Int, versions: [String?], ask: @escaping ([UInt8]) -> [UInt8]?
    ) throws(RequestProblem) {
        self.ask = ask
        self.versions = versions
        descriptor = sweep.strategy.descriptor
        name = "\(sweep.givenID ?? "sweep"):\(step)"
        var sections: [JSONMember] = []
        for name in ["account", "statistics"] {
            if let value = try request.section(name) { sections.append(JSONMember(name, value)) }
        }
        self.sections = sections
        data = zip(sweep.data.sections, versions).map { section, version in
            let replaced = ["start", "end", "warmup_bars"] + (version == nil ? [] : ["version"])
            return (section.members ?? []).filter { !replaced.contains($0.name) }
                + (version.map { [JSONMember("version", .string($0))] } ?? [])
        }
    }

    /// - Parameter place: of the data set that the bars are of.
    /// - Throws: what the host says is wrong with the set, why its answer cannot be traded, or that there are too few bars to
    ///   ask about.
    func orders(of parameters: Parameters, over indicators: IndicatorSet, of place: Int) throws(SetFailure)
        -> HostedOrders
    {
        let bars = indicators.traded
        // A step that no plan has checked may keep back all that there is.
        guard bars.count > 0, indicators.bars.count >= 2 else {
            throw SetFailure(
                RequestProblem(.insufficientData, "a run needs at least 2 bars, the set has \(bars.count) to run on"))
        }
        asked += 1
        let id = "\(name):\(asked)"
        let (start, end) = unsafe (bars.time[0], bars.time[bars.count - 1])
        var range = [("start", start), ("end", end)].map {
            JSONMember($0, .string(Timestamp(milliseconds: $1).rfc3339))
        }
        if indicators.warmUpBars > 0 { range.append(JSONMember("warmup_bars", .integer(indicators.warmUpBars))) }
        let strategy = JSONValue.object([
            JSONMember("name", .string(descriptor.name)), JSONMember("version", .integer(descriptor.version)),
            JSONMember("parameters", .object(parameters.members)),
        ])
        let request = JSONValue.object(
            [
                JSONMember("request_id", .string(id)), JSONMember("type", .string("backtest")),
                JSONMember("strategy", strategy), JSONMember("data", .object(data[place] + range)),
            ] + sections)
        guard let line = ask(QuestionFrame(id: id, request: Array(request.text.utf8)).payload) else {
            throw SetFailure(RequestProblem(.internalError, "the node that was asked has gone", isRetryable: true))
        }
        let reply: HostReply
        do throws(JSONProblem) {
            reply = try HostReply.parse(line)
        } catch {
            throw SetFailure(RequestProblem(.internalError, "the host's answer is not a reply: \(error)"))
        }
        if let problem = reply.problem { throw SetFailure(code: problem.code, message: problem.message) }
        guard !reply.orders.isEmpty else {
            throw SetFailure(
                RequestProblem(
                    .invalidPositions,
                    "the strategy has answered figures of its own; in a sweep it has to answer positions or signals, of "
                        + "which the engine makes the figures that sets are ranked by"))
        }
        do throws(RequestProblem) {
            let orders = try HostedOrders(JSONReader(reply.orders))
            let version = versions[place]
            guard orders.dataVersion == nil || orders.dataVersion == version else {
                throw RequestProblem(
                    .invalidPositions,
                    "the strategy has decided on version \(orders.dataVersion ?? "") of the data, the sweep is over "
                        + "\(version ?? "inline bars")")
            }
            return orders
        } catch {
            throw SetFailure(error)
        }
    }
}

/// Why a set could not run. The code of an external strategy's is its own word.
struct SetFailure: Error, Equatable {
    let code: String
    let message: String

    init(code: String, message: String) {
        self.code = code.cut(toBytes: 100)
        self.message = message.cut(toBytes: 1000)
    }

    init(_ problem: RequestProblem) { self.init(code: problem.code.rawValue, message: problem.message) }
}
