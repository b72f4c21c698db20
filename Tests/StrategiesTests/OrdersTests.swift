import Messages
import TestSupport
import Testing

@testable import Strategies

/// What a host does with the positions and signals that an external strategy has answered with.
@Suite struct OrdersTests {
    private let folder: TemporaryFolder
    private let host: HostedStrategies
    private let version: String

    init() throws {
        folder = try TemporaryFolder()
        version = try Fixture.publish(Fixture.table("synth_walk", first: 400), as: "walk", under: folder.path)
        host = HostedStrategies(dataRoot: folder.path, engineVersion: "1.2.3")
    }

    private func traded(_ answer: String, _ members: String = #","data":{"dataset":"walk"}"#) throws -> HostReply {
        let text = #"{"request_id":"r","strategy":{"name":"mine","parameters":{"fast":3}}\#(members)}"#
        let request = try StrategyRequest.parse(Array(text.utf8))
        let orders = Array(#"{"request_id":"r","status":"completed",\#(answer)}"#.utf8)
        let reply = host.answer(StepFrame.payload(of: request, token: 7, orders: orders)) { 0 }
        return try HostReply.parse(reply, ofStep: 7, request)
    }

    private func members(_ reply: HostReply) throws -> JSONValue {
        #expect(reply.status == .completed, "\(reply.problem?.message ?? "")")
        return try JSONValue.parse(Array("{".utf8) + reply.members + Array("}".utf8))
    }

    private func builtIn(_ name: String, _ parameters: String, _ members: String) throws -> JSONValue {
        let text = #"{"request_id":"r","strategy":{"name":"\#(name)","parameters":{\#(parameters)}}\#(members)}"#
        return try JSONValue.parse(host.run(Array(text.utf8)))
    }

    /// The position that a run held after each bar's decision: what its trades say, one bar before their fills.
    private func positions(of run: JSONValue, bars: Int, undecided: Int) throws -> String {
        var positions = [String](repeating: "0", count: bars)
        for bar in 0..<undecided { positions[bar] = "null" }
        func hold(_ size: JSONValue?, from entry: Int?, to exit: Int) throws {
            let side = try #require(size?.double) > 0 ? "1" : "-1"
            for bar in try #require(entry) - 1..<exit { positions[bar] = side }
        }
        for trade in try #require(run["trades"]?.elements) {
            try hold(trade["size"], from: trade["entry_bar"]?.integer, to: #require(trade["exit_bar"]?.integer) - 1)
        }
        let open = run["open_position"]
        if let open, open != .null { try hold(open["size"], from: open["entry_bar"]?.integer, to: bars) }
        return "[" + positions.joined(separator: ",") + "]"
    }

    private static let everything =
        #","data":{"dataset":"walk"},"account":{"commission":0.001,"spread":0.0005,"units":"fractional"},"#
        + #""statistics":{"risk_free_rate":0.02},"output":{"trades":true,"equity_curve":"full"}"#

    @Test func positionsMakeTheFiguresOfTheStrategyThatHeldThem() throws {
        let run = try builtIn("sma_crossover", #""fast":5,"slow":12"#, Self.everything)
        // Its averages are valid from bar 11 on, and it decides from the next.
        let positions = try positions(of: run, bars: 400, undecided: 12)
        let traded = try members(traded(#""positions":\#(positions)"#, Self.everything))
        for name in ["data", "account", "statistics", "open_position", "trades", "equity_curve", "engine"] {
            #expect(traded[name] == run[name], "\(name)")
        }
        #expect(try #require(run["trades"]?.elements).count > 10)
        #expect(traded["strategy"] == nil)
    }

    @Test func whatIsMeasuredFromTheFirstDecisionIsMeasuredFromTheFirstPosition() throws {
        func buyAndHold(_ undecided: Int) throws -> Double {
            let positions =
                [String](repeating: "null", count: undecided) + .init(repeating: "0", count: 400 - undecided)
            let figures = try members(traded(#""positions":[\#(positions.joined(separator: ","))]"#))["statistics"]
            return try #require(figures?["buy_hold_return_pct"]?.double)
        }
        let close = try Fixture.table("synth_walk").close
        for undecided in [0, 1, 2, 50] {
            let from = close[max(0, undecided - 1)]
            #expect(isClose(try buyAndHold(undecided), (close[399] / from - 1) * 100), "\(undecided)")
        }
    }

    @Test func signalsTradeAsThoseOfTheBuiltInStrategy() throws {
        let lists = #""entries":[5,40],"exits":[20],"short_entries":[100],"short_exits":[150,399]"#
        let exits = #""stop_loss_pct":2.5,"take_profit_pct":4,"position_fraction":0.5"#
        let run = try builtIn("signals", "\(lists),\(exits)", Self.everything)
        let traded = try members(traded(#"\#(exits),"signals":{\#(lists)}"#, Self.everything))
        #expect(traded["statistics"] == run["statistics"] && traded["trades"] == run["trades"])
        #expect(try #require(run["trades"]?.elements).count >= 3)
        let plain = try builtIn("signals", lists, Self.everything)
        #expect(plain["trades"] != run["trades"])
    }

    private static let flat = "[" + [String](repeating: "0", count: 400).joined(separator: ",") + "]"

    private static func changed(_ bar: Int, _ position: String) -> String {
        var positions = [String](repeating: "0", count: 400)
        positions[bar] = position
        return #""positions":[\#(positions.joined(separator: ","))]"#
    }

    @Test(arguments: [
        (#""positions":[1,0,-1]"#, "positions has 3 elements and the data 400 bars; give one per bar"),
        (#""positions":[]"#, "positions has 0 elements"), (#""positions":{"0":1}"#, "positions is an object"),
        (#""positions":null"#, "positions is null, must be a list"),
        (changed(7, "null"), "positions[7] is null, must be 1 (long), 0 (out) or -1 (short); null (NaN in Python)"),
        (changed(399, "0.5"), "positions[399] is 0.5, must be 1 (long), 0 (out) or -1 (short); how much"),
        (changed(0, "2"), "positions[0] is 2"), (changed(3, "1e300"), "positions[3] is 1e+300"),
        (changed(3, #""long""#), #"positions[3] is "long""#), (changed(3, "true"), "positions[3] is true"),
        (#""signals":[1]"#, "signals is a list, must be an object of lists of bars: entries, exits"),
        (#""signals":{}"#, "signals has neither entries nor short_entries"),
        (#""signals":{"exits":[3]}"#, "signals has neither entries nor short_entries"),
        (#""signals":{"entries":[3],"exit":[4]}"#, #"signals has an unknown member "exit", did you mean "exits"?"#),
        (#""signals":{"entries":3}"#, "signals.entries is a number, must be a list of bars"),
        (#""signals":{"entries":[3,400]}"#, "signals.entries[1] is 400, must be a bar from 0 to 399"),
        (#""signals":{"short_entries":[-1]}"#, "signals.short_entries[0] is -1"),
        (#""signals":{"entries":[null]}"#, "signals.entries[0] is null"),
        (#""positions":\#(flat),"signals":{"entries":[3]}"#, "it has positions and signals; give one of them"),
        (#""positions":\#(flat),"positions":\#(flat)"#, "positions is given twice"),
        (#""positions":\#(flat),"statistics":{}"#, #"beside positions or signals it has "statistics""#),
        (#""positions":\#(flat),"stop_los_pct":1"#, #"did you mean "stop_loss_pct"?"#),
        (#""positions":\#(flat),"stop_loss_pct":100"#, "stop_loss_pct is 100, must be a number from 0.0 to 99.99"),
        (#""positions":\#(flat),"position_fraction":"all""#, #"position_fraction is "all", must be a number"#),
        (#""positions":\#(flat),"data_version":"newest""#, "data_version"),
    ])
    func ordersThatCannotBeTradedFailWithWhatWouldBeRight(answer: String, words: String) throws {
        let reply = try traded(answer)
        #expect(reply.status == .failed && reply.problem?.code == "invalid_positions")
        #expect(reply.problem?.message.contains(words) == true, "\(reply.problem?.message ?? "")")
        #expect(reply.problem?.isRetryable == false)
    }

    @Test func aStrategyThatDecidesAtNoBarHasTooFewOfThem() throws {
        let positions = [String](repeating: "null", count: 400).joined(separator: ",")
        let reply = try traded(#""positions":[\#(positions)]"#)
        #expect(reply.status == .failed && reply.problem?.code == "insufficient_data")
        #expect(reply.problem?.message.contains("decided at none of the 400 bars") == true)
        let decided = try members(traded(#""positions":[\#(positions.dropLast(4))1]"#))
        #expect(decided["statistics"]?["trade_count"] == .integer(0))
        let one = try traded(#""positions":[1]"#, #","data":{"dataset":"walk","end":"2010-01-04"}"#)
        #expect(one.problem?.code == "insufficient_data", "\(one.problem?.message ?? "")")
    }

    @Test func theSectionsOfTheRequestAreReadAsForABuiltInStrategy() throws {
        for (members, code, words) in [
            ("", "invalid_request", "data is missing"),
            (#","data":{"dataset":"walk"},"account":{"cahs":1}"#, "invalid_request", #"did you mean "cash"?"#),
            (#","data":{"dataset":"absent"}"#, "unknown_dataset", "absent"),
        ] {
            let reply = try traded(#""positions":\#(Self.flat)"#, members)
            #expect(reply.status == .rejected && reply.problem?.code == code)
            #expect(reply.problem?.message.contains(words) == true, "\(reply.problem?.message ?? "")")
        }
    }

    @Test func theVersionThatWasDecidedOnIsTradedThoughThereIsANewerOne() throws {
        let newer = try Fixture.publish(Fixture.table("synth_walk", first: 300), as: "walk", under: folder.path)
        let answer = #""positions":\#(Self.flat),"data_version":"\#(version)""#
        #expect(try members(traded(answer))["data"]?["version"] == .string(version))
        let pinned = try traded(answer, #","data":{"dataset":"walk","version":"\#(newer)"}"#)
        #expect(pinned.problem?.code == "invalid_positions")
        #expect(pinned.problem?.message.contains("has decided on version \(version)") == true)
        #expect(try traded(#""positions":\#(Self.flat)"#).problem?.message.contains("300 bars") == true)
    }

    @Test func aVersionThatOnlyTheStrategyKnowsIsItsOwnFault() throws {
        let absent = "sha256:" + String(repeating: "0", count: 64)
        let answer = #""positions":\#(Self.flat),"data_version":"\#(absent)""#
        let own = try traded(answer)
        #expect(own.status == .failed && own.problem?.code == "invalid_positions")
        #expect(
            own.problem?.message.contains("version \(absent) of the data (data_version), which this node does not have")
                == true, "\(own.problem?.message ?? "")")
        let asked = try traded(answer, #","data":{"dataset":"walk","version":"\#(absent)"}"#)
        #expect(asked.status == .rejected && asked.problem?.code == "unknown_dataset")
        let elsewhere = try traded(answer, #","data":{"dataset":"absent"}"#)
        #expect(elsewhere.status == .rejected && elsewhere.problem?.code == "unknown_dataset")
    }

    @Test func damagedOrdersNeverTrap() throws {
        let request = try StrategyRequest.parse(
            Array(#"{"request_id":"r","strategy":{"name":"mine"},"data":{"dataset":"walk"}}"#.utf8))
        let orders = Array(#"{"status":"completed","positions":[null,1,0],"signals":{"entries":[1]}}"#.utf8)
        for index in orders.indices {
            for damage: [UInt8] in [[], [0], [0xFF], Array(#"[{""#.utf8), Array("-9e99".utf8)] {
                let damaged = Array(orders[..<index]) + damage + orders[(index + 1)...]
                let reply = host.answer(StepFrame.payload(of: request, token: 7, orders: damaged)) { 0 }
                #expect(try HostReply.parse(reply, ofStep: 7, request).status != .completed)
            }
        }
    }
}
