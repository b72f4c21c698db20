import Testing

@testable import Messages

@Suite struct ResultSeriesTests {
    private func without(_ text: String) -> String? {
        StrategyResult.withoutSeries(Array(text.utf8)).map { String(decoding: $0, as: UTF8.self) }
    }

    @Test func whatGrowsWithTheBarsIsNullAndNamed() {
        #expect(
            without(#"{"status":"completed","trades":[{"size":1}],"equity_curve":{"time":[1],"equity":[2]},"x":1.5}"#)
                == #"{"status":"completed","trades":null,"equity_curve":null,"x":1.5,"left_out":["trades","equity_curve"]}"#
        )
        #expect(
            without(#"{"trades":[],"equity_curve":null,"left_out":["equity_curve"]}"#)
                == #"{"trades":null,"equity_curve":null,"left_out":["trades"]}"#)
    }

    @Test func whereNothingOfItIsThereOrAnotherMemberIsTooLargeThereIsNoOther() {
        #expect(without(#"{"trades":null,"equity_curve":null}"#) == nil)
        #expect(without(#"{"status":"completed"}"#) == nil)
        #expect(without("no result") == nil)
        let note = String(repeating: "x", count: 70_000)
        #expect(without(#"{"trades":[1],"note":"\#(note)"}"#) == nil)
    }
}
