import Messages
import TestSupport
import Testing

@testable import Strategies

/// How a walk-forward cuts the bars, what its windows' sweeps are, and what is made of their best sets.
@Suite struct WalkForwardTests {
    let fixture: SweepFixture

    init() throws { fixture = try SweepFixture() }

    // MARK: Windows

    static let day = BarTime.millisecondsPerDay

    /// A day apart from 2020-01-06, a Monday, on; without the weekends where it says so.
    static func days(_ count: Int, isWeekdays: Bool = false) -> [Int64] {
        (0..<count).map { 1_578_268_800_000 + Int64(isWeekdays ? $0 / 5 * 7 + $0 % 5 : $0) * day }
    }

    private func cut(_ settings: WalkForwardSettings, _ times: [Int64]) throws -> [[Range<Int>]] {
        try settings.windows(times).map { [$0.inSample, $0.outOfSample] }
    }

    @Test func rollingPartsHaveOneLengthAndFollowEachOther() throws {
        let settings = WalkForwardSettings(inSample: .bars(6), outOfSample: .bars(3))
        #expect(try cut(settings, Self.days(16)) == [[0..<6, 6..<9], [3..<9, 9..<12], [6..<12, 12..<15]])
    }

    @Test func anchoredPartsBeginWithTheFirstBar() throws {
        let settings = WalkForwardSettings(kind: .anchored, inSample: .bars(6), outOfSample: .bars(3))
        #expect(try cut(settings, Self.days(15)) == [[0..<6, 6..<9], [0..<9, 9..<12], [0..<12, 12..<15]])
    }

    @Test func purgedBarsAreInNeitherPartAndBarsUnderEmbargoInNoLaterOne() throws {
        var settings = WalkForwardSettings(inSample: .bars(6), outOfSample: .bars(3))
        settings.purgeBars = 1
        #expect(try cut(settings, Self.days(14)) == [[0..<6, 7..<10], [3..<9, 10..<13]])
        settings.embargoBars = 2
        #expect(try cut(settings, Self.days(20)) == [[0..<6, 7..<10], [5..<11, 12..<15], [10..<16, 17..<20]])
        settings.kind = .anchored
        #expect(try cut(settings, Self.days(19)) == [[0..<6, 7..<10], [0..<11, 12..<15]])
    }

    @Test func partsInDaysAreCountedFromTheirFirstBar() throws {
        // Two weeks of five bars are fourteen days, and four weeks of them 28.
        let settings = WalkForwardSettings(inSample: .days(14), outOfSample: .days(7))
        let times = Self.days(25, isWeekdays: true)
        #expect(try cut(settings, times) == [[0..<10, 10..<15], [5..<15, 15..<20], [10..<20, 20..<25]])
        // A part that the bars do not reach to the end of is none; that a weekend has no bars is no matter.
        #expect(try settings.windows(Array(times.dropLast(1))).count == 2)
        // Months without a bar are in no part: it begins with the first bar behind them.
        let gap = times.prefix(10) + times.dropFirst(10).map { $0 + 90 * Self.day }
        #expect(try cut(settings, Array(gap)) == [[0..<10, 10..<15], [10..<15, 15..<20], [10..<20, 20..<25]])
    }

    @Test func aBarOfAWeekOrAMonthIsThereForAllOfIt() throws {
        let weeks = Self.days(8).map { $0 * 7 }
        let weekly = WalkForwardSettings(inSample: .days(28), outOfSample: .days(14))
        #expect(try cut(weekly, weeks) == [[0..<4, 4..<6], [2..<6, 6..<8]])
        #expect(try cut(weekly, Array(weeks.dropLast(1))) == [[0..<4, 4..<6]])
        // From 2020 on.
        let lengths = [31, 29, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31, 31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31]
        let months = lengths.indices.map { 1_577_836_800_000 + Int64(lengths[..<$0].reduce(0, +)) * Self.day }
        let monthly = WalkForwardSettings(inSample: .days(365), outOfSample: .days(181))
        #expect(try cut(monthly, months) == [[0..<12, 12..<18], [6..<18, 18..<24]])
        #expect(try cut(monthly, Array(months.dropLast(1))) == [[0..<12, 12..<18]])
    }

    @Test func tooFewBarsForOneWindowAndTooManyWindowsAreRefused() throws {
        var settings = WalkForwardSettings(inSample: .bars(6), outOfSample: .bars(3))
        settings.purgeBars = 1
        func problem(_ times: [Int64]) -> RequestProblem? {
            do throws(RequestProblem) { _ = try settings.windows(times) } catch { return error }
            return nil
        }
        #expect(problem(Self.days(10)) == nil)
        let few = try #require(problem(Self.days(9)))
        #expect(few.code == .insufficientData)
        #expect(
            few.message
                == "walk_forward: one window takes 6 bars in sample and 3 bars out of sample, 1 bars between them, and the "
                + "data has 9 bars from 2020-01-06 to 2020-01-14; take shorter parts or a longer range",
            "\(few.message)")
        #expect(problem([])?.code == .insufficientData)
        #expect(try settings.windows(Self.days(7 + 200 * 3)).count == 200)
        #expect(problem(Self.days(7 + 201 * 3))?.message.contains("more than 200 windows") == true)
        // Every other day there is a bar.
        for (early, late, name) in [(2, 4, "in_sample"), (4, 2, "out_of_sample")] {
            let sparse = WalkForwardSettings(inSample: .days(early), outOfSample: .days(late))
            let problem = #expect(throws: RequestProblem.self) { try sparse.windows(Self.days(12).map { $0 * 2 }) }
            #expect(problem?.code == .insufficientData)
            #expect(
                problem?.message.contains("the \(name) part of window 1, from ") == true, "\(problem?.message ?? "")")
        }
    }

    // MARK: The document

    static let parts = #""in_sample":{"bars":120},"out_of_sample":{"bars":60}"#

    static func document(
        _ walkForward: String = parts, id: String = #""optimization_id":"wf","#, more: String = "",
        data: String = #""dataset":"walk""#
    ) -> String {
        """
        {"type":"optimization",\(id)"strategy":{"name":"sma_crossover","parameters":{"direction":"short_only"}},
        "data":{\(data)},"account":{"commission":0.001,"units":"fractional"},
        "parameters":[{"name":"fast","min":3,"max":9,"step":3},{"name":"slow","min":12,"max":28,"step":8}],
        "walk_forward":{\(walkForward)}\(more)}
        """
    }

    func plan(_ document: String) throws -> WalkForwardPlan {
        let walkForward = try WalkForward.parse(JSONValue.parse(Array(document.utf8)))
        return try WalkForwardPlan(walkForward, dataRoot: fixture.folder.path)
    }

    @Test(arguments: [
        (#""in_sample":{"bars":120}"#, "walk_forward.out_of_sample is missing, must be an object like {\"bars\": 500}"),
        (#"\#(parts),"kind":"roling""#, #"one of "rolling", "anchored", did you mean "rolling"?"#),
        (#"\#(parts),"purge":5"#, "walk_forward has"), (#"\#(parts),"purge_bars":-1"#, "walk_forward.purge_bars is -1"),
        (#"\#(parts),"embargo_bars":1.5"#, "walk_forward.embargo_bars is 1.5"),
        (#"\#(parts),"warmup_bars":"all""#, "walk_forward.warmup_bars is"),
        (#""in_sample":{"bars":1},"out_of_sample":{"bars":60}"#, "walk_forward.in_sample.bars is 1"),
        (#""in_sample":{"bars":9},"out_of_sample":{"bars":1}"#, "walk_forward.out_of_sample.bars is 1"),
        (#""in_sample":{"bars":9,"days":9},"out_of_sample":{"bars":60}"#, "must have one of bars and days"),
        (#""in_sample":{},"out_of_sample":{"bars":60}"#, "must have one of bars and days"),
        (#""in_sample":120,"out_of_sample":{"bars":60}"#, "walk_forward.in_sample is 120"),
        (#""in_sample":{"bars":9},"out_of_sample":{"days":0}"#, "walk_forward.out_of_sample.days is 0"),
        (#"\#(parts)},"out_of_sample":{"start":"2011-01-01""#, "out_of_sample does not go with walk_forward"),
        (#"\#(parts)},"walk_forward_window":{"number":1"#, "walk_forward_window does not go with walk_forward"),
        (#"\#(parts)},"walk_forward":{\#(parts)"#, "walk_forward is given 2 times"),
        (#"\#(parts)},"objective":{"target":"sharp""#, "objective.target"),
        (
            #"\#(parts)},"search":{"method":"tpe","max_evaluations":9"#,
            #"search.method is "tpe", must be one of "grid", "random", "latin_hypercube", "sobol" in a walk-forward"#
        ),
    ]) func aSlipIsNamed(_ walkForward: String, _ words: String) throws {
        let problem = #expect(throws: RequestProblem.self) { try plan(Self.document(walkForward)) }
        #expect(problem?.message.contains(words) == true, "\(problem?.message ?? "")")
    }

    @Test func aLongNameIsRefusedSinceTheWindowsHaveItToo() {
        let id = String(repeating: "a", count: 121)
        #expect(throws: RequestProblem.self) { try plan(Self.document(id: #""optimization_id":"\#(id)","#)) }
        #expect(throws: Never.self) { try plan(Self.document(id: #""optimization_id":"\#(id.dropFirst())","#)) }
    }

    @Test func aWindowIsASweepOverItsBarsInSample() throws {
        let plan = try plan(Self.document(#"\#(Self.parts),"purge_bars":5"#))
        // 500 bars: 120 and 5, then six times 60, and 15 that are left.
        #expect(plan.id == "wf" && plan.windows.count == 6 && plan.unused == 15)
        let times = try Fixture.table("synth_walk", first: 500).time
        let second = plan.windows[1]
        #expect(second.sweep.id == "wf.w2" && second.sweep.version == plan.version)
        #expect(second.inSample == .init(start: BarTime.text(times[60]), end: BarTime.text(times[179]), bars: 120))
        #expect(second.outOfSample == .init(start: BarTime.text(times[185]), end: BarTime.text(times[244]), bars: 60))
        let step = try JSONValue.parse(fixture.host.run(second.sweep.request(step: 0)))
        #expect(step["status"] == .string("completed"), "\(step["error"]?.text ?? "")")
        #expect(step["data"]?["bars"] == .integer(120) && step["data"]?["version"]?.string == plan.version)
        let request = try JSONValue.parse(second.sweep.request(step: 0))
        #expect(request["walk_forward"] == nil && request["walk_forward_window"]?["of"] == .integer(6))
        let definition = JSONValue.object(
            try #require(request.members).filter { !["step", "request_id"].contains($0.name) })
        let part = try WalkForwardPart(definition)
        #expect(part.number == 2 && part.count == 6 && part.warmUpBars == 125)
        let single = try JSONValue.parse(fixture.host.run(part.request(ofSet: 4)))
        #expect(single["data"]?["start"]?.string == second.outOfSample.start && single["data"]?["bars"] == .integer(60))
        #expect(single["data"]?["warmup_bars"] == .integer(125))
        #expect(single["account"]?["commission"]?.double == 0.001)
        #expect(single["strategy"]?["parameters"]?["direction"] == .string("short_only"))
        #expect(single["strategy"]?["parameters"]?["slow"] == .integer(20))
    }

    @Test func theBarsOfItsWarmUpCountForTheSizeOfAWindowsSteps() throws {
        let data = #""dataset":"walk","warmup_bars":9000"#
        let sizes = try plan(Self.document(data: data)).windows.map(\.sweep.setsPerStep)
        #expect(sizes.first == SweepPlan.mostSetsPerStep && sizes.last == 800_000 / (120 + 300))
    }

    @Test(arguments: ["random", "latin_hypercube", "sobol"])
    func drawnSetsAreTheSameInEveryWindowAndTheBestIsRunWithItsParameters(_ method: String) throws {
        let plan = try plan(
            Self.document(
                more: #","search":{"method":"\#(method)","max_evaluations":4,"seed":7},"output":{"heatmap":true}"#))
        var drawn: [[[JSONValue]]] = []
        for window in plan.windows.prefix(2) {
            let request = try JSONValue.parse(window.sweep.request(step: 0))
            let part = try WalkForwardPart(
                .object(try #require(request.members).filter { !["step", "request_id"].contains($0.name) }))
            let result = try JSONValue.parse(fixture.host.run(window.sweep.request(step: 0)))
            #expect(result["search"]?["method"] == .string(method) && result["search"]?["sets"] == .integer(4))
            for set in try #require(result["top"]?.elements) {
                let (index, parameters) = (try #require(set["index"]?.integer), try #require(set["parameters"]))
                let single = try JSONValue.parse(fixture.host.run(part.request(ofSet: index)))
                for name in ["fast", "slow"] {
                    #expect(single["strategy"]?["parameters"]?[name] == parameters[name], "\(index)")
                }
            }
            let map = try #require(result["heatmap"]?.elements).compactMap(\.elements)
            drawn.append(map.map { [$0[0], $0[2]] })
        }
        #expect(drawn[0].count == 4 && drawn[0] == drawn[1])
    }

    @Test func aWindowWhoseSetsCameInRoundsIsNotRun() throws {
        let window = try plan(Self.document()).windows[0].sweep
        let members = try #require(JSONValue.parse(window.request(step: 0)).members)
        let search = try JSONValue.parse(Array(#"{"method":"tpe","max_evaluations":9}"#.utf8))
        let problem = #expect(throws: RequestProblem.self) {
            try WalkForwardPart(
                .object(
                    members.filter { !["step", "request_id", "search"].contains($0.name) } + [
                        JSONMember("search", search)
                    ]))
        }
        #expect(problem?.message.contains("search.method is \"tpe\"") == true, "\(problem?.message ?? "")")
    }

    @Test func itsIDsFollowFromWhatItIsAndFromItsData() throws {
        func ids(_ document: String) throws -> [String] {
            try plan(document).windows.map { $0.sweep.requestID(ofStep: 0) }
        }
        let text = Self.document()
        #expect(try ids(text) == ids(text))
        // Other windows, or as many of them with another gap, are another walk-forward.
        let purged = try ids(Self.document(#"\#(Self.parts),"purge_bars":1"#))
        #expect(Set(try ids(text)).isDisjoint(with: purged))
        let shorter = try ids(Self.document(data: #""dataset":"walk","end":"2011-06-01""#))
        #expect(Set(try ids(text)).isDisjoint(with: shorter))
        let nameless = try ["", "", #","embargo_bars":1"#].map { try plan(Self.document(Self.parts + $0, id: "")).id }
        #expect(nameless[0].hasPrefix("walk-forward-") && nameless[0] == nameless[1] && nameless[0] != nameless[2])
        // The order of members and a request_id say nothing of what it is.
        let turned = #""out_of_sample":{"bars":60},"in_sample":{"bars":120}"#
        #expect(try plan(Self.document(turned, id: #""request_id":"r","#)).id == nameless[0])
        #expect(WalkForwardPlan.window(ofSweep: "a.w1.w12")?.walkForward == "a.w1")
        #expect(WalkForwardPlan.window(ofSweep: "a.w1.w12")?.number == 12)
        for id in ["a", ".w1", "a.w", "a.w0", "a.w01", "a.w201", "a.w-1", "a.wx"] {
            #expect(WalkForwardPlan.window(ofSweep: id) == nil, "\(id)")
        }
    }

    @Test func anotherVersionOfAProgramIsAnotherWalkForward() throws {
        func plan(_ version: Int) throws -> WalkForwardPlan {
            let mine = StrategyDescriptor(
                name: "mine", version: version, summary: "",
                parameters: ["fast", "slow"].map {
                    ParameterSpecification($0, .integer(1...100), default: .integer(5), "")
                })
            let text = Self.document(id: "").replacing(
                #"{"name":"sma_crossover","parameters":{"direction":"short_only"}}"#, with: #"{"name":"mine"}"#)
            let document = try JSONValue.parse(Array(text.utf8))
            return try WalkForwardPlan(
                WalkForward.parse(document, external: [mine]), external: [mine], dataRoot: fixture.folder.path)
        }
        #expect(try plan(1).id == plan(1).id && plan(1).id != plan(2).id)
    }

    @Test func asManySetsTogetherAsASweepMayHaveAreTheMost() throws {
        func sweep(_ most: Int) -> String {
            Self.document(more: #","search":{"method":"random","max_evaluations":\#(most)}"#).replacing(
                #"{"name":"fast","min":3,"max":9,"step":3},{"name":"slow","min":12,"max":28,"step":8}"#,
                with: #"{"name":"stop_loss_pct","min":0.001,"max":90},{"name":"take_profit_pct","min":0.001,"max":90}"#)
        }
        #expect(throws: Never.self) { try plan(sweep(100_000_000 / 6)) }
        let problem = #expect(throws: RequestProblem.self) { try plan(sweep(100_000_000 / 6 + 1)) }
        #expect(problem?.code == .invalidRequest)
        #expect(problem?.message.contains("6 windows of 16666667 sets, must have at most 100000000") == true)
    }

    /// Bars that come with a document: those of the data set, from one on with prices of their own.
    static func inline(_ count: Int, changedFrom first: Int = .max) throws -> String {
        let table = try Fixture.table("synth_walk", first: count)
        func list(_ prices: [Double]) -> String {
            prices.enumerated().map { bar, price in "\(bar < first ? price : price * (bar % 3 == 0 ? 2 : 5))" }
                .joined(separator: ",")
        }
        return """
            "inline":{"time":[\(table.time.map(\.description).joined(separator: ","))],"open":[\(list(table.open))],
            "high":[\(list(table.high))],"low":[\(list(table.low))],"close":[\(list(table.close))]}
            """
    }

    @Test func whatComesAfterAPartInSampleDoesNotChangeWhatIsBestInIt() throws {
        func first(_ data: String) throws -> (top: JSONValue?, then: JSONValue?) {
            let sweep = try plan(Self.document(#"\#(Self.parts),"purge_bars":5"#, data: data)).windows[0].sweep
            let step = try JSONValue.parse(fixture.host.run(sweep.request(step: 0)))
            let members = try #require(JSONValue.parse(sweep.request(step: 0)).members)
            let part = try WalkForwardPart(
                .object(members.filter { !["step", "request_id"].contains($0.name) }))
            let best = try #require(step["top"]?.elements?.first?["index"]?.integer)
            return (step["top"], try JSONValue.parse(fixture.host.run(part.request(ofSet: best)))["statistics"])
        }
        // From the first purged bar on all is otherwise; from the last in sample on it is seen.
        let (asIs, changed, early) = try (
            first(Self.inline(300)), first(Self.inline(300, changedFrom: 120)),
            first(Self.inline(300, changedFrom: 119))
        )
        #expect(asIs.top?.elements?.count == 9 && asIs.top == changed.top && asIs.then != changed.then)
        #expect(asIs.top != early.top)
    }

    @Test func barsThatComeWithTheDocumentAreCutToo() throws {
        let table = try Fixture.table("synth_walk", first: 300)
        let plan = try plan(Self.document(data: Self.inline(300)))
        #expect(plan.version == nil && plan.windows.count == 3 && plan.unused == 0)
        let step = try JSONValue.parse(fixture.host.run(plan.windows[2].sweep.request(step: 0)))
        #expect(step["data"]?["bars"] == .integer(120) && step["data"]?["end"]?.string == BarTime.text(table.time[239]))
    }
}
