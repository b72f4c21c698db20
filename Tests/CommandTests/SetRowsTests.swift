import Messages
import TestSupport
import Testing

@testable import optimizer

/// The lines that `results --sweep --all` makes of a step's result.
@Suite struct SetRowsTests {
    private static let result = #"""
        {"grid":[{"name":"fast","count":2},{"name":"mode, or \"way\"","count":2}],"out_of_sample":{"start":"2020-01-01","bars":9},
        "figures":{"names":["sharpe_ratio","trade_count"],"sets":[
        [3,[0.1,"a\"b,c"],[0.30000000000000004,12],[-1.2345678901234e-7,3]],[5,[7,"plain"],[null,0],null]]}}
        """#

    private func rows(_ text: String = result, _ format: SetRows.Format = .csv) throws -> (header: String?, [String]) {
        let rows = try SetRows(JSONValue.parse(Array(text.utf8)), format)
        return (
            format == .csv ? SetRows.header(rows.columns) : nil,
            String(decoding: rows.bytes, as: UTF8.self).split(separator: "\n").map(String.init)
        )
    }

    @Test func aLineHasNumberParametersFiguresAndThoseOutOfSampleToTheLastDigit() throws {
        let (header, lines) = try rows()
        #expect(
            header
                == #"index,fast,"mode, or ""way""",sharpe_ratio,trade_count,out_of_sample.sharpe_ratio,out_of_sample.trade_count"#
        )
        #expect(lines.count == 2)
        #expect(lines.first == #"3,0.1,"a""b,c",0.30000000000000004,12,-1.2345678901234e-07,3"#)
        // What is undefined, or was not run out of sample, is empty.
        #expect(lines.last == "5,7,plain,,0,,")
    }

    @Test func aSweepWithoutBarsKeptBackHasNoSuchColumns() throws {
        let text = Self.result.replacing(#"{"start":"2020-01-01","bars":9}"#, with: "null")
            .replacing("[-1.2345678901234e-7,3]", with: "null")
        let (header, lines) = try rows(text)
        #expect(header?.hasSuffix(",sharpe_ratio,trade_count") == true)
        #expect(lines.last == "5,7,plain,,0")
    }

    @Test func ofSeveralDataSetsALineSaysWhichItIsOf() throws {
        let text = Self.result.replacing(#"{"grid""#, with: #"{"data":[{"dataset":"one"},{"dataset":null}],"grid""#)
            .replacing("[-1.2345678901234e-7,3]]", with: "[-1.5,3],0]").replacing(
                "[null,0],null]", with: "[null,0],null,1]")
        let (header, lines) = try rows(text)
        #expect(header?.hasPrefix("index,data,dataset,fast,") == true)
        #expect(lines == [#"3,0,one,0.1,"a""b,c",0.30000000000000004,12,-1.5,3"#, "5,1,,7,plain,,0,,"])
        for (right, wrong) in [(",0]", "]"), (",null,1]", ",null,2]")] {
            #expect(throws: SetRows.Problem.malformed) { try rows(text.replacing(right, with: wrong)) }
        }
        // And without a list no line says it.
        #expect(throws: SetRows.Problem.malformed) {
            try rows(Self.result.replacing("[null,0],null]", with: "[null,0],null,1]"))
        }
    }

    @Test func aJSONLineNamesAll() throws {
        let (header, lines) = try rows(Self.result, .jsonl)
        #expect(header == nil && lines.count == 2)
        let set = try JSONValue.parse(Array(lines[0].utf8))
        #expect(set.members?.map(\.name) == ["index", "parameters", "statistics", "out_of_sample"])
        #expect(set["parameters"]?["mode, or \"way\""]?.string == "a\"b,c")
        #expect(set["statistics"]?["sharpe_ratio"]?.double == 0.30000000000000004)
        #expect(set["out_of_sample"]?["trade_count"]?.integer == 3)
        #expect(try JSONValue.parse(Array(lines[1].utf8))["out_of_sample"] == .null)
    }

    @Test func whatCouldMoveACursorIsWrittenOut() throws {
        let text = Self.result.replacing("plain", with: #"a\u001b[2Jb\n"#)
        let lines = try rows(text).1
        #expect(lines.count == 2 && lines[1].contains(#"a\u{1B}[2Jb\u{A}"#), "\(lines)")
    }

    @Test func noControlOfATerminalStandsInAnyKindOfValue() throws {
        let text = Self.result.replacing(#""plain""#, with: #"["\u009b2J",{"\u202e":1}]"#)
        let lines = try rows(text).1
        #expect(lines.count == 2 && lines[1] == lines[1].escapedForTerminal, "\(lines)")
        #expect(lines[1].contains(#"\u{9B}2J"#))
    }

    @Test(arguments: [
        ("[3,[0.1,", "[3.5,[0.1,"), ("[3,[0.1,", "[3,[0.1,7,"), (",12]", ",12,13]"), (",3]]", ",3,4]]"),
        (",3]]", ",3],0]"), (#""sets":"#, #""lines":"#), (#""names":"#, #""columns":"#), (#"{"grid""#, #"{"greed""#),
    ]) func whatIsNoResultOfAStepIsRefused(part: String, replacement: String) throws {
        let text = Self.result.replacing(part, with: replacement)
        #expect(text != Self.result)
        #expect(throws: SetRows.Problem.malformed) { try rows(text) }
    }

    @Test func withoutFiguresTheSweepDidNotAskForThem() throws {
        #expect(throws: SetRows.Problem.notAskedFor) {
            try rows(Self.result.replacing(#""figures""#, with: #""other""#))
        }
    }
}
