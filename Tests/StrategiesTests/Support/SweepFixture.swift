import Foundation
import Messages
import TestSupport
import Testing

@testable import Strategies

/// A sweep over the sample data, the data it runs on, and a host that runs its steps.
struct SweepFixture {
    let folder: TemporaryFolder
    let host: HostedStrategies

    init() throws {
        folder = try TemporaryFolder()
        _ = try Fixture.publish(Fixture.table("synth_walk", first: 500), as: "walk", under: folder.path)
        host = HostedStrategies(dataRoot: folder.path, engineVersion: "1.0.0")
    }

    /// Other hosts over the same data.
    init(folder: TemporaryFolder, engineVersion: String) {
        self.folder = folder
        host = HostedStrategies(dataRoot: folder.path, engineVersion: engineVersion)
    }

    static let text = """
        {"schema_version":1,"type":"optimization","optimization_id":"my-sweep","strategy":{"name":"sma_crossover",
        "parameters":{"direction":"long_only"}},"data":{"dataset":"walk","timeframe":"1d"},
        "parameters":[{"name":"fast","min":5,"max":45,"step":2},{"name":"slow","min":20,"max":120,"step":5}],
        "parameter_constraints":[{"left":"fast","operator":"less","right":"slow"}],
        "objective":{"target":"sharpe_ratio","extremum":"max","target_value":null},
        "constraints":[{"target":"trade_count","operator":"greaterOrEqual","target_value":6}],
        "search":{"method":"grid","max_evaluations":5000},"out_of_sample":{"start":"2011-07-01"},
        "output":{"top":7,"heatmap":true}}
        """.replacingOccurrences(of: "my-sweep", with: "my-sweep")

    func sweep(_ changes: (String, String)...) throws -> Sweep {
        var text = Self.text
        for change in changes {
            #expect(text.contains(change.0))
            text = text.replacingOccurrences(of: change.0, with: change.1)
        }
        return try Sweep.parse(Array(text.utf8))
    }

    /// A small plan: as many steps as a test wants.
    func plan(_ sweep: Sweep, bars: Int) throws -> SweepPlan {
        let whole = try SweepPlan(sweep, dataRoot: folder.path)
        return SweepPlan(sweep, version: whole.version, bars: bars)
    }

    /// What the results topic holds for a step.
    func result(_ plan: SweepPlan, _ step: Int, node: String = "a") throws -> [UInt8] {
        let reply = try HostReply.parse(host.run(plan.request(step: step)))
        #expect(reply.status == .completed, "\(reply.problem?.message ?? "")")
        let origin = RequestOrigin(topic: "r", partition: 0, offset: Int64(step), key: nil)
        var result = StrategyResult(
            requestID: plan.requestID(ofStep: step), status: .completed, origin: origin, node: node,
            timing: ResultTiming(queuedMs: Double(step), stepMs: 1, totalMs: 2))
        result.type = "optimization"
        result.members = reply.members
        return result.encoded()
    }

    /// What the results topic holds for a step that did not complete.
    func failure(_ plan: SweepPlan, _ step: Int, _ status: String = "rejected", _ code: String = "unknown_dataset")
        throws -> JSONValue
    {
        let id = plan.requestID(ofStep: step)
        return try JSONValue.parse(
            Array(
                #"{"type":"optimization_result","status":"\#(status)","request_id":"\#(id)","error":{"code":"\#(code)","message":"m","retryable":true}}"#
                    .utf8))
    }

    func merge(_ results: [[UInt8]]) throws -> [UInt8] {
        var merge = SweepMerge(id: "my-sweep")
        for result in results { merge.add(try JSONValue.parse(result)) }
        return merge.merged()
    }
}
