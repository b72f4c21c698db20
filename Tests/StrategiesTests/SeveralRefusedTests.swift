import Messages
import TestSupport
import Testing

@testable import Strategies

/// What a sweep over several data sets is refused for, and what its steps hold.
@Suite struct SeveralRefusedTests {
    private let fixture: SeveralFixture

    init() throws { fixture = try SeveralFixture() }

    private func problem(_ text: String) -> String {
        let problem = #expect(throws: RequestProblem.self) { try fixture.plan(text) }
        return problem?.message ?? ""
    }

    @Test(arguments: [
        ("[]", "data lists 0 data sets, must list 1 to 100"),
        (#"[{"dataset":"walk"},7]"#, "data[1] is a number, must be an object"),
        (#"[{"dataset":"walk"},{"dataset":"../walk"}]"#, "data[1].dataset is \"../walk\""),
        (
            #"[{"dataset":"walk"},{"dataset":"ties"},{"dataset":"walk","timeframe":"1d"}]"#,
            "data[2] is data[0] once more"
        ),
        (#"[{"dataset":"walk"},{"dataset":"wlak"}]"#, "data[1] (wlak): this node has no data set \"wlak\""),
        (#"[{"dataset":"walk"},{"dataset":"ties","start":"2030-01-01"}]"#, "data[1] (ties): the data set has no bars"),
        (
            #"[{"dataset":"walk"},{"dataset":"walk","end":"2010-12-31"}]"#,
            "data[1] (walk): out_of_sample.start is 2011-03-01 and the bars asked for are of"
        ),
        (
            #"[{"inline":{"time":[86400000],"open":[1],"high":[1],"low":[1],"close":[0]}}]"#,
            "data[0].inline: bar 0"
        ),
    ]) func aListThatCannotBeIsRefusedWithTheOneThatIsWrong(data: String, words: String) {
        #expect(
            problem(SeveralFixture.text(data: data)).hasPrefix(words), "\(problem(SeveralFixture.text(data: data)))")
    }

    @Test func aHundredAreAllThatAStepNames() throws {
        #expect(
            problem(SeveralFixture.text(data: SeveralFixture.list(101))).hasPrefix(
                "data lists 101 data sets, must list 1 to 100"))
        let plan = try fixture.plan(SeveralFixture.text(data: SeveralFixture.list(100)))
        #expect(plan.versions.count == 100 && plan.request(step: 0).count < 64_000)
        let result = try fixture.result(plan)
        #expect(result.text.utf8.count < 1_000_000 && result["data"]?.elements?.count == 100)
        #expect(SchemaFile.sweepStepResult.problems(of: result) == [])
    }

    @Test(arguments: [
        (
            #""extremum":"max","aggregate":"max""#,
            "objective.aggregate is \"max\", must be mean, median, or min for the worst"
        ),
        (
            #""extremum":"min","aggregate":"min""#,
            "objective.aggregate is \"min\", must be mean, median, or max for the worst"
        ),
        (#""extremum":"max","aggregate":"sum""#, "objective.aggregate is \"sum\", must be one of \"mean\", \"median\""),
    ]) func byTheBestDataSetAloneNoneIsChosen(objective: String, words: String) {
        let text = SeveralFixture.text().replacing(#""extremum":"max","aggregate":"mean""#, with: objective)
        #expect(problem(text).hasPrefix(words), "\(problem(text))")
    }

    @Test func anAggregateOfOneDataSetIsRefused() {
        let one = SeveralFixture.text(data: SeveralFixture.data[2])
        #expect(problem(one).hasPrefix("objective.aggregate is \"mean\", must be left out: it is of several data sets"))
        let constraint = #"{"target":"sqn","operator":"less","target_value":9,"aggregate":"mean"}"#
        let other = SeveralFixture.text(data: SeveralFixture.data[2], constraints: constraint)
            .replacing(#""extremum":"max","aggregate":"mean""#, with: #""extremum":"max""#)
        #expect(problem(other).hasPrefix("constraints[0].aggregate is \"mean\", must be left out"))
    }

    @Test func withoutAWordItIsTheMean() throws {
        let text = SeveralFixture.text().replacing(#","aggregate":"mean""#, with: "")
        let result = try fixture.result(fixture.plan(text))
        let said = try fixture.result(fixture.plan(SeveralFixture.text()))
        #expect(result["objective"] == said["objective"] && result["top"] == said["top"])
        #expect(said["objective"]?["aggregate"] == .string("mean"))
    }

    @Test func aWalkForwardIsOfOneDataSet() throws {
        let text = SeveralFixture.text(
            more: #","walk_forward":{"in_sample":{"bars":100},"out_of_sample":{"bars":50}}"#)
        let document = try JSONValue.parse(Array(text.utf8))
        let problem = #expect(throws: RequestProblem.self) { try WalkForward.parse(document) }
        #expect(problem?.message.hasPrefix("data is a list, must be an object in a walk-forward") == true)
    }

    @Test func itsStepsPinEachVersionAndAnotherOneIsAnotherSweep() throws {
        let plan = try fixture.plan(SeveralFixture.text())
        let request = try JSONValue.parse(plan.request(step: 0))
        #expect(SchemaFile.sweepStep.problems(of: request) == [])
        let versions = request["data"]?.elements?.map { $0["version"]?.string }
        #expect(
            versions == plan.versions && plan.versions[0] == plan.versions[1] && plan.versions[0] != plan.versions[2])
        #expect(plan.version == nil && plan.bars > 500)
        _ = try Fixture.publish(Fixture.table("synth_ties", first: 399), as: "ties", under: fixture.folder.path)
        let later = try fixture.plan(SeveralFixture.text())
        #expect(later.digest != plan.digest && later.versions[0] == plan.versions[0])
    }

    @Test func asManyBestSetsAsFitAreKept() throws {
        let list = SeveralFixture.list(60)
        let sweep = try Sweep.parse(Array(SeveralFixture.text(data: list).utf8))
        #expect((5..<20).contains(sweep.top))
        let more = SeveralFixture.text(data: list, more: #","output":{"top":150}"#)
        #expect(problem(more).contains("with their figures on each of 60 data sets no more fit"), "\(problem(more))")
        let all = SeveralFixture.text(data: list, more: #","output":{"figures":"all"}"#)
        let plan = try fixture.plan(all)
        #expect((1..<20).contains(plan.sweep.mostSetsPerStep))
        #expect(try fixture.result(plan).text.utf8.count < 1_000_000)
    }

    @Test func roundsAreAskedForByWhatTheDataSetsComeTo() throws {
        let search = #","search":{"method":"tpe","max_evaluations":16,"per_round":4}"#
        let plan = try fixture.plan(SeveralFixture.text("median", more: search))
        var rounds = try #require(SweepRounds(plan))
        var best = -Double.infinity
        while let round = rounds.current {
            for (step, request) in rounds.requests(ofRound: round) {
                let reply = try JSONValue.parse(fixture.host.run(request))
                #expect(reply["status"] == .string("completed"), "\(reply.text)")
                for entry in reply["top"]?.elements ?? [] { best = max(best, entry["objective"]?.double ?? best) }
                try rounds.tell(reply, step: step)
            }
        }
        let whole = try fixture.merged(fixture.plan(SeveralFixture.text("median", more: "")))
        #expect(best.isFinite && best <= whole["top"]?.elements?.first?["objective"]?.double ?? 0)
    }
}
