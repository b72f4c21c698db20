import Messages
import Testing

@testable import optimizer

/// What is said of a sweep's luck.
@Suite struct LuckWordsTests {
    private func sentences(_ json: String) throws -> [String]? {
        LuckWords(try JSONValue.parse(Array(json.utf8)))?.sentences
    }

    @Test func theySayHowSureBothRatiosAreAndHowOftenTheChoiceFails() throws {
        let words = try #require(
            try sentences(
                #"{"sets_tried":399,"best":{"probabilistic_sharpe_ratio":0.99961,"deflated_sharpe_ratio":0.6},"#
                    + #""overfitting":{"probability":0.3125,"splits":12870,"sets_compared":256}}"#))
        #expect(
            words == [
                "that the best set's Sharpe ratio is above 0 is 99.9 % sure, had it alone been tried, and 60.0 % sure "
                    + "after 399 sets",
                "in 31.2 % of 12870 ways to split the past, the best of 256 of the 399 sets in one half was no better than "
                    + "the middle of them in the other (50 % is choosing blindly)",
            ])
    }

    @Test func whatIsUndefinedIsLeftOut() throws {
        #expect(try sentences("null") == nil && LuckWords(nil) == nil)
        #expect(try sentences(#"{"sets_tried":1,"best":null,"overfitting":null}"#) == [])
        let alone = #"{"sets_tried":1,"best":{"probabilistic_sharpe_ratio":0.5,"deflated_sharpe_ratio":null}}"#
        #expect(try sentences(alone)?.first?.hasSuffix("is 50.0 % sure, had it alone been tried") == true)
        #expect(
            LuckWords.percent(1e300) == "- %" && LuckWords.percent(.nan) == "- %" && LuckWords.percent(1) == "100.0 %")
    }
}
