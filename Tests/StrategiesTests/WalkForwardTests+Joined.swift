import Glibc
import Messages
import TestSupport
import Testing

@testable import Strategies

/// The runs out of sample, joined, and what is put together of a walk-forward.
extension WalkForwardTests {
    private func request(_ start: Int, _ end: Int, _ strategy: String, warmUp: Int = 0) throws -> [UInt8] {
        let times = try Fixture.table("synth_walk", first: 500).time
        let text = """
            {"request_id":"r","strategy":\(strategy),"account":{"commission":0.001},"data":{"dataset":"walk",
            "start":"\(BarTime.text(times[start]))","end":"\(BarTime.text(times[end - 1]))","warmup_bars":\(warmUp)}}
            """
        return Array(text.utf8)
    }

    private static let crossover = #"{"name":"sma_crossover","parameters":{"fast":3,"slow":8}}"#
    private static let holding = #"{"name":"buy_and_hold"}"#

    /// Undefined figures are alike in it.
    private static func text(_ statistics: Statistics) -> String {
        var json = JSONWriter(capacity: 2048)
        json.beginObject()
        json.statisticMembers(statistics)
        json.endObject()
        return String(decoding: json.bytes, as: UTF8.self)
    }

    @Test func oneRunJoinedIsTheRun() throws {
        let run = try fixture.host.traded(request(100, 400, Self.crossover, warmUp: 50))
        let joined = try fixture.host.join([run], request(100, 400, Self.holding))
        #expect(run.trades.count > 5)
        #expect(joined.equity == run.equity && Self.text(joined.statistics) == Self.text(run.statistics))
        let hold = try fixture.host.traded(request(100, 400, Self.holding))
        #expect(joined.hold == hold.equity && Self.text(joined.holdStatistics) == Self.text(hold.statistics))
    }

    @Test func returnsAreCompoundedAndBetweenPartsTheEquityStandsStill() throws {
        let parts = [(100, 160), (160, 220), (230, 300)]
        let runs = try parts.map { start, end in
            try fixture.host.traded(request(start, end, Self.crossover, warmUp: 30))
        }
        let joined = try fixture.host.join(runs, request(100, 310, Self.holding))
        #expect(joined.equity.count == 210 && joined.times.count == 210)
        let growths = runs.map { $0.equity[$0.equity.count - 1] / 10_000 }
        #expect(growths.allSatisfy { $0 != 1 })
        #expect(isClose(joined.equity[209], 10_000 * growths.reduce(1, *)))
        for (run, start) in [(0, 0), (1, 60), (2, 130)] {
            let before = growths[..<run].reduce(1, *)
            for (offset, value) in runs[run].equity.enumerated() {
                #expect(isClose(joined.equity[start + offset], value * before))
            }
        }
        #expect(joined.equity[120..<130].allSatisfy { $0 == joined.equity[119] })
        #expect(joined.equity[200..<210].allSatisfy { $0 == joined.equity[199] })
        #expect(isClose(joined.statistics.returnPct, (growths.reduce(1, *) - 1) * 100))
        // Of the trades the rates stay, and the profits grow with the cash.
        let trades = joined.statistics.trades
        let rates = runs.flatMap { $0.trades + [$0.openTrade].compactMap(\.self) }.map(\.rate)
        #expect(trades.count == rates.count && rates.count > 5)
        #expect(joined.trades.map(\.rate) == rates)
        for (trade, own) in zip(
            joined.trades.dropFirst(runs[0].trades.count + (runs[0].openTrade == nil ? 0 : 1)), runs[1].trades)
        {
            #expect(trade.entryBar == own.entryBar + 60 && isClose(trade.profit, own.profit * growths[0]))
        }
        #expect(trades.bestPct == (rates.max() ?? .nan) * 100 && trades.worstPct == (rates.min() ?? .nan) * 100)
        let costs = runs.enumerated().map { index, run in
            (run.trades.reduce(0) { $0 + $1.commission } + (run.openTrade?.commission ?? 0))
                * growths[..<index].reduce(1, *)
        }
        #expect(isClose(joined.statistics.commissions, costs.reduce(0, +)))
    }

    @Test func whatIsHeldWhereAnotherPartBeginsIsATradeAndWhatIsHeldAtTheEndOfAllIsStillOpen() throws {
        let table = try Fixture.table("synth_walk", first: 500)
        let runs = try [(100, 160), (160, 220)].map { start, end in
            try fixture.host.traded(request(start, end, Self.holding, warmUp: 30))
        }
        #expect(runs.allSatisfy { $0.trades.isEmpty && $0.openTrade?.entryBar == 1 })
        let joined = try fixture.host.join(runs, request(100, 220, Self.holding))
        let rate = table.close[159] / table.open[101] - 1 - 0.001
        #expect(joined.statistics.trades.count == 1)
        #expect(isClose(joined.statistics.trades.bestPct, rate * 100))
        #expect(isClose(joined.statistics.exposureTimePct, 100 * 59 / 120))
        // The exit costs nothing, as in the equity.
        #expect(Array(joined.equity.suffix(60)) == runs[1].equity.map { $0 * (joined.equity[59] / 10_000) })
        #expect(joined.statistics.commissions > 9 && joined.statistics.commissions < 10.1)
        // Behind the last part there are bars in which nothing is held: it ends where they begin.
        let longer = try fixture.host.join(runs, request(100, 230, Self.holding))
        #expect(longer.statistics.trades.count == 2)
    }

    @Test func partsThatAreNotInOrderAreRefused() throws {
        let runs = try [(100, 160), (150, 220)].map { start, end in
            try fixture.host.traded(request(start, end, Self.crossover, warmUp: 30))
        }
        for (parts, range) in [
            (runs, (100, 220)), (runs.reversed(), (100, 220)), ([runs[0]], (120, 220)), ([runs[1]], (100, 200)),
        ] {
            let problem = #expect(throws: RequestProblem.self) {
                try fixture.host.join(parts, request(range.0, range.1, Self.holding))
            }
            #expect(problem?.code == .invalidData)
        }
    }

    @Test func whatIsLostInOneWindowStaysLost() throws {
        // Short at the open of 50 with all the cash, and then the price is 150.
        let prices = [50, 50, 50, 150, 150, 50, 50, 40]
        let list = prices.map(String.init).joined(separator: ",")
        let times = prices.indices.map { String(86_400_000 * ($0 + 1)) }.joined(separator: ",")
        func run(_ first: Int, _ last: Int, _ strategy: String) -> [UInt8] {
            Array(
                """
                {"request_id":"r","strategy":\(strategy),"data":{"start":"1970-01-0\(first + 2)","end":"1970-01-0\(last + 2)",
                "inline":{"time":[\(times)],"open":[\(list)],"high":[\(list)],"low":[\(list)],"close":[\(list)]}}}
                """.utf8)
        }
        let short = #"{"name":"signals","parameters":{"short_entries":[1],"short_exits":[2]}}"#
        let runs = try [fixture.host.traded(run(0, 3, short)), fixture.host.traded(run(4, 7, short))]
        #expect(runs[0].isRuined && !runs[1].isRuined && runs[1].trades.count == 1)
        let joined = try fixture.host.join(runs, run(0, 7, Self.holding))
        #expect(joined.equity.suffix(5) == [0, 0, 0, 0, 0])
        #expect(joined.statistics.returnPct == -100 && joined.statistics.returnAnnPct == -100)
        #expect(joined.statistics.trades.count == 1)
    }

    // MARK: Put together

    @Test func whatIsPutTogetherHasTheBestOfEachWindowAndWhatItThenDid() throws {
        let plan = try plan(Self.document())
        var windows: [MergedWalkForward.Window] = []
        var parts: [WalkForwardPart] = []
        for window in plan.windows.prefix(3) {
            var merge = SweepMerge(id: window.sweep.id)
            for step in 0..<window.sweep.stepCount {
                merge.add(try JSONValue.parse(fixture.result(window.sweep, step)))
            }
            let merged = try JSONValue.parse(merge.merged())
            let request = try JSONValue.parse(window.sweep.request(step: 0))
            parts.append(
                try WalkForwardPart(
                    .object(try #require(request.members).filter { !["step", "request_id"].contains($0.name) })))
            let best = try #require(merged["top"]?.elements?.first?["index"]?.integer)
            windows.append(
                .init(
                    number: window.number, merged: merged,
                    run: try fixture.host.traded(parts[window.number - 1].request(ofSet: best)), problem: nil))
        }
        let joined = try fixture.host.join(windows.compactMap(\.run), parts[0].holding(through: parts[2]))
        let whole = MergedWalkForward(id: "wf", windows: windows, joined: joined, problem: nil)
        let value = try JSONValue.parse(whole.json())
        #expect(
            SchemaFile.mergedWalkForward.problems(of: value).isEmpty,
            "\(SchemaFile.mergedWalkForward.problems(of: value))")
        let shown = try #require(value["windows"]?.elements)
        for (window, part) in zip(shown, parts) {
            let best = try #require(window["best"]?["index"]?.integer)
            let single = try JSONValue.parse(fixture.host.run(part.request(ofSet: best)))
            let then = window["out_of_sample"]
            #expect(then?["start"] == single["data"]?["start"] && then?["bars"] == .integer(60))
            #expect(then?["warmup_bars"] == .integer(120))
            for member in try #require(then?["statistics"]?.members) {
                #expect(single["statistics"]?[member.name] == member.value, "\(member.name)")
            }
            #expect(then?["objective"] == single["statistics"]?["sharpe_ratio"])
        }
        let judged = shown.compactMap { $0["best"]?["statistics"]?["return_ann_pct"]?.double }
        let mean = judged.reduce(0, +) / 3
        #expect(judged.count == 3 && mean > 0)
        let efficiency = try #require(value["joined"]?["walk_forward_efficiency"]?.double)
        let growths = windows.compactMap { $0.run?.equity }.map { $0[59] / $0[0] }
        // The joined equity has a return of the first bar of each run too, all but one of them 0.
        let year = log(1 + joined.statistics.returnAnnPct / 100) * 179 / log(growths.reduce(1, *))
        func yearly(_ growths: [Double]) -> Double {
            100 * (pow(growths.reduce(1, *), year / Double(59 * growths.count)) - 1)
        }
        #expect(isClose(efficiency, yearly(growths) / mean))
        // Where nothing can be held, as in a window without a set, there is no time to earn in.
        let idle = try windows.map { window in
            guard window.number == 2 else { return window }
            let rest = try #require(window.merged.members).filter { $0.name != "top" }
            return .init(number: 2, merged: .object(rest), run: nil, problem: nil)
        }
        let sparse = MergedWalkForward(
            id: "wf", windows: idle,
            joined: try fixture.host.join(idle.compactMap(\.run), parts[0].holding(through: parts[2])), problem: nil)
        #expect(isClose(sparse.efficiency, yearly([growths[0], growths[2]]) / ((judged[0] + judged[2]) / 2)))

        #expect(value["joined"]?["engine"]?["version"] == value["engine"]?["version"] && whole.conflict == nil)
        for name in ["strategy", "account", "objective", "grid", "search", "engine"] {
            var other = windows
            let rest = try #require(windows[2].merged.members).filter { $0.name != name }
            other[2] = .init(
                number: 3, merged: .object(rest + [JSONMember(name, .string("x"))]), run: nil, problem: nil)
            let conflict = MergedWalkForward(id: "wf", windows: other, joined: nil, problem: nil).conflict
            #expect(conflict?.message.contains("window 1 has \(name) ") == true, "\(conflict?.message ?? "")")
        }

        let broken = MergedWalkForward(
            id: "wf", windows: [.init(number: 1, merged: .null, run: nil, problem: "gone")], joined: nil,
            problem: "gone")
        let rest = try JSONValue.parse(broken.json())
        #expect(rest["joined"] == .null && rest["windows"]?.elements?.first?["best"] == .null)
        #expect(SchemaFile.mergedWalkForward.problems(of: rest).isEmpty)
    }
}
