import Messages
import Testing

@testable import optimizer

/// What is said of orders that could not be paid for.
@Suite struct DroppedWordsTests {
    private func words(_ json: String) throws -> String? {
        DroppedWords.of(try JSONValue.parse(Array(json.utf8)))
    }

    private static let first = #""first_time":"2017-12-16","budget":10000.0,"unit_cost":62124.5"#

    @Test func theyNameTheDayTheMoneyAndThePrice() throws {
        #expect(
            try words(#"{"count":12,"reason":"budget_below_one_unit",\#(Self.first)}"#)
                == "12 orders were dropped, the first on 2017-12-16: one unit costs 62124.50, and there was 10000.00 for "
                + "it; \"account\": {\"units\": \"fractional\"} trades parts of one")
        let sweep = try words(#"{"sets":3,"count":12,"reason":"no_budget",\#(Self.first)}"#)
        #expect(sweep?.hasPrefix("12 orders were dropped in 3 sets, the first on 2017-12-16: no cash was left") == true)
        #expect(try words(#"{"count":1,"reason":"too_many_units"}"#)?.hasPrefix("1 order was dropped, ") == true)
    }

    @Test func withoutAnyNothingIsSaid() throws {
        #expect(DroppedWords.of(nil) == nil)
        #expect(try words("null") == nil && words(#"{"count":0}"#) == nil)
    }
}
