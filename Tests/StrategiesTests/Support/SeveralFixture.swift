import Messages
import TestSupport
import Testing

@testable import Strategies

/// A sweep over several data sets, the data, and a host that runs its steps.
struct SeveralFixture {
    let folder: TemporaryFolder
    let host: HostedStrategies
    /// What is said of each of its data sets.
    static let data = [
        #"{"dataset":"walk","end":"2011-06-30"}"#, #"{"dataset":"walk","start":"2010-06-01","warmup_bars":20}"#,
        #"{"dataset":"ties"}"#,
    ]

    init() throws {
        folder = try TemporaryFolder()
        _ = try Fixture.publish(Fixture.table("synth_walk", first: 500), as: "walk", under: folder.path)
        _ = try Fixture.publish(Fixture.table("synth_ties", first: 400), as: "ties", under: folder.path)
        host = HostedStrategies(dataRoot: folder.path, engineVersion: "1.0.0")
    }

    /// - Parameter more: members behind the others, with a comma before each.
    static func text(
        _ aggregate: String = "mean", data: String = "[\(data.joined(separator: ","))]", constraints: String = "",
        more: String = #","out_of_sample":{"start":"2011-03-01"}"#
    ) -> String {
        """
        {"type":"optimization","optimization_id":"my-sweep","strategy":{"name":"sma_crossover",
        "parameters":{"direction":"long_only"}},"data":\(data),
        "parameters":[{"name":"fast","min":5,"max":21,"step":4},{"name":"slow","min":10,"max":40,"step":10}],
        "parameter_constraints":[{"left":"fast","operator":"less","right":"slow"}],
        "objective":{"target":"return_pct","extremum":"max","aggregate":"\(aggregate)"},
        "constraints":[\(constraints)]\(more)}
        """
    }

    /// So many data sets, each a day longer than the one before.
    static func list(_ count: Int) -> String {
        let first = 15_126
        let sets = (0..<count).map { number in
            let end = Timestamp(milliseconds: Int64(first + number) * 86_400_000).rfc3339.prefix(10)
            return #"{"dataset":"walk","start":"2010-02-01","end":"\#(end)"}"#
        }
        return "[\(sets.joined(separator: ","))]"
    }

    func plan(_ text: String) throws -> SweepPlan {
        try SweepPlan(Sweep.parse(Array(text.utf8)), dataRoot: folder.path)
    }

    func result(_ plan: SweepPlan, _ step: Int = 0) throws -> JSONValue {
        let fixture = SweepFixture(folder: folder, engineVersion: "1.0.0")
        return try JSONValue.parse(fixture.result(plan, step))
    }

    func merged(_ plan: SweepPlan) throws -> JSONValue {
        var merge = SweepMerge(id: "my-sweep")
        for step in (0..<plan.stepCount).reversed() { merge.add(try result(plan, step)) }
        #expect(merge.problem == nil, "\(merge.problem?.message ?? "")")
        return try JSONValue.parse(merge.merged())
    }

    /// The statistics of a set on one data set, run alone; nil where it cannot run.
    func statistics(_ plan: SweepPlan, _ set: Int, on place: Int, isOutOfSample: Bool? = false) throws -> JSONValue? {
        let request = plan.backtest(ofSet: set, isOutOfSample: isOutOfSample, data: place)
        return try JSONValue.parse(host.run(request))["statistics"]
    }
}
