import Foundation
import Messages
import TestSupport
import Testing

@testable import Strategies

/// What is wrong with a request, and what is said of it.
extension HostedTests {
    @Test(arguments: [
        ("", "invalid_request", "data is missing"),
        (#","data":{}"#, "invalid_request", "data.dataset is missing"),
        (#","data":{"dataset":"../walk"}"#, "invalid_request", "data.dataset is \"../walk\", must be"),
        (#","data":{"dataset":"walk","timeframe":"1/d"}"#, "invalid_request", "data.timeframe"),
        (#","data":{"dataset":"nope"}"#, "unknown_dataset", "no data set \"nope\""),
        (#","data":{"dataset":"walk","timeframe":"1h"}"#, "unknown_dataset", "timeframe \"1h\""),
        (#","data":{"dataset":"walk","version":"sha256:12"}"#, "invalid_request", "data.version is"),
        (#","data":{"dataset":"walk","strat":"2010-01-01"}"#, "invalid_request", "did you mean \"start\""),
        (
            #","data":{"dataset":"walk","start":"tomorrow"}"#, "invalid_request",
            "data.start is \"tomorrow\", must be a date"
        ),
        (#","data":{"dataset":"walk","start":"2030-01-01"}"#, "insufficient_data", "no bars in the range"),
        (#","data":{"dataset":"walk","end":"2010-01-20"}"#, "insufficient_data", "at least 21 bars"),
        (
            #","data":{"dataset":"walk"},"account":{"cash":"much"}"#, "invalid_request",
            "account.cash is \"much\", must be a number"
        ),
        (#","data":{"dataset":"walk"},"account":{"cahs":1}"#, "invalid_request", "did you mean \"cash\""),
        (
            #","data":{"dataset":"walk"},"account":{"leverage":1}"#, "invalid_request",
            "it takes cash, commission, fixed_commission, spread, units, margin, sizing, at_end"
        ),
        (
            #","data":{"dataset":"walk"},"account":{"units":"fractions"}"#, "invalid_request",
            "account.units is \"fractions\", must be one of \"whole\", \"fractional\""
        ),
        (#","data":{"dataset":"walk"},"account":{"margin":0.5}"#, "invalid_request", "account.margin"),
        (#","data":{"dataset":"walk"},"account":{"stop_loss_pct":5}"#, "invalid_request", "strategy.parameters"),
        (#","data":{"dataset":"walk"},"account":{"at_end":"close_out_open"}"#, "invalid_request", "account.at_end"),
        (#","data":{"dataset":"walk"},"account":[]"#, "invalid_request", "account is a list, must be an object"),
        (#","data":{"dataset":"walk"},"output":{"equity_curve":"all"}"#, "invalid_request", "output.equity_curve"),
        (
            #","data":{"dataset":"walk"},"statistics":{"annual_trading_days":0}"#, "invalid_request",
            "statistics.annual_trading_days"
        ),
        (#","data":{"inline":{}}"#, "invalid_request", "data.inline.time is missing"),
        (#","data":{"inline":{"time":[]}}"#, "invalid_data", "0 bars"),
        (
            #","data":{"inline":{"time":[1],"open":[1],"high":[1],"low":[1],"close":[2]}}"#, "invalid_data",
            "close 2.0 is above high 1.0"
        ),
        (
            #","data":{"inline":{"time":[1,1],"open":[1,1],"high":[1,1],"low":[1,1],"close":[1,1]}}"#, "invalid_data",
            "bar 1: the time"
        ),
        (
            #","data":{"inline":{"time":[1],"open":[1,2],"high":[1],"low":[1],"close":[1]}}"#, "invalid_data",
            "open has 2 values"
        ),
        (#","data":{"inline":{"time":[1],"open":["x"],"high":[1],"low":[1],"close":[1]}}"#, "invalid_data", "open[0]"),
        (#","data":{"inline":{"time":[1e30],"open":[1],"high":[1],"low":[1],"close":[1]}}"#, "invalid_data", "time[0]"),
        (#","data":{"inline":{"time":[1]},"dataset":"walk"}"#, "invalid_request", "data.dataset does not go with"),
    ]) func whatIsWrongIsSaid(members: String, code: String, words: String) throws {
        let reply = try crossover(members)
        #expect(reply["status"]?.string == (code == "insufficient_data" ? "failed" : "rejected"))
        #expect(reply["error"]?["code"]?.string == code)
        #expect(reply["error"]?["retryable"]?.bool == (code == "unknown_dataset"))
        let message = try #require(reply["error"]?["message"]?.string)
        #expect(message.contains(words), "\(message)")
    }

    @Test(arguments: [
        ([0, 1, 2, 3].map { 1_704_067_200 + $0 * 86_400 }, "1d", "data.inline.time looks like seconds since 1970"),
        ([1_704_067_200], "1d", "data.inline.time looks like seconds since 1970"),
        ([0, 1, 2, 3].map { 1_704_067_200_000 + $0 * 3_600_000 }, "1d", "bars of 1h; give \"timeframe\": \"1h\""),
        ([0, 1, 2, 3].map { 1_704_067_200_000 + $0 * 86_400_000 }, "1h", "bars of 1d; give \"timeframe\": \"1d\""),
        ([0, 1, 2, 3].map { 1_704_067_200_000 + $0 * 86_400_000 }, "1d", nil),
        // Days of February 1970, in milliseconds.
        ([0, 1, 2, 3].map { 2_678_400_000 + $0 * 86_400_000 }, "1d", nil),
    ]) func inlineTimesFitTheirTimeframe(times: [Int], timeframe: String, words: String?) throws {
        let ones = "[" + times.map { _ in "1" }.joined(separator: ",") + "]"
        let inline =
            #"{"timeframe":"\#(timeframe)","time":\#(times),"open":\#(ones),"high":\#(ones),"low":\#(ones),"close":\#(ones)}"#
        let error = try crossover(#","data":{"inline":\#(inline)}"#)["error"]
        if let words {
            #expect(error?["code"]?.string == "invalid_data")
            #expect(error?["message"]?.string?.contains(words) == true, "\(error?.text ?? "")")
        } else {
            #expect(error?["code"]?.string != "invalid_data", "\(error?.text ?? "")")
        }
    }

    @Test func moreInlineBarsThanAllowedAreRefused() throws {
        let ones = "[" + (0...5000).map { "\($0)" }.joined(separator: ",") + "]"
        let reply = try crossover(#","data":{"inline":{"time":\#(ones)}}"#)
        #expect(reply["error"]?["message"]?.string?.contains("5001 bars") == true)
    }
}
