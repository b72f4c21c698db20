import Messages
import Testing

struct ExternalMessagesTests {
    private let descriptor = StrategyDescriptor(
        name: "mine", version: 2, summary: "",
        parameters: [
            ParameterSpecification("fast", .integer(1...9), default: .integer(3), ""),
            ParameterSpecification("mode", .choice(["a", "b"]), default: nil, ""),
        ])

    private func request(_ strategy: String) throws -> StrategyRequest {
        try StrategyRequest.parse(Array(#"{"request_id":"r", "strategy" : \#(strategy) ,"labels":{"a":"b"}}"#.utf8))
    }

    @Test func aRequestIsResolvedToEveryParameterInTheDescriptorsOrder() throws {
        let resolved = try descriptor.resolve(try request(#"{"name":"mine","parameters":{"mode":"b"}}"#))
        #expect(resolved == [JSONMember("fast", .integer(3)), JSONMember("mode", .string("b"))])
    }

    @Test(arguments: [
        (#"{"name":"mine","version":1,"parameters":{"mode":"a"}}"#, RequestProblem.Code.unknownStrategy),
        (#"{"name":"mine","version":2}"#, .invalidParameters),
        (#"{"name":"mine","parameters":{"mode":"c"}}"#, .invalidParameters),
        (#"{"name":"mine","parameters":{"mode":"a","slow":1}}"#, .invalidParameters),
    ])
    func whatDoesNotFitIsRefused(strategy: String, code: RequestProblem.Code) throws {
        let request = try request(strategy)
        #expect { try descriptor.resolve(request) } throws: { ($0 as? RequestProblem)?.code == code }
    }

    @Test func theStrategyOfARequestIsFoundInItsBytes() throws {
        let strategy = #"{"name":"mine", "parameters":{"mode":"}"}}"#
        let read = try request(strategy)
        #expect(String(decoding: read.bytes[read.strategyRange], as: UTF8.self) == strategy)
    }

    @Test(arguments: [
        (#"{"log":{"level":"warning","message":"m"}}"#, HostLogLine.Level.warning),
        (#" { "log" : {"message":"m"}} "#, .info), (#"{"log":{"level":"loud","message":"m"}}"#, .info),
    ])
    func aLogLineIsRead(line: String, level: HostLogLine.Level) throws {
        let read = try #require(HostLogLine(Array(line.utf8)))
        #expect(read.level == level && read.message == "m")
    }

    @Test(arguments: [
        #"{"status":"completed","log":{"message":"m"}}"#, #"{"log":{"message":"m"},"status":"completed"}"#,
        #"{"log":{"level":"info"}}"#, #"{"log":"m"}"#, #"{"log":{"message":"m"}"#, "", #"{"logs":{"message":"m"}}"#,
    ])
    func whatIsNoLogLineIsLeftToTheReaderOfReplies(line: String) {
        #expect(HostLogLine(Array(line.utf8)) == nil)
    }

    @Test func theDetailsOfAnErrorGoIntoTheResultAndAreBounded() throws {
        let reply = try HostReply.parse(
            Array(
                #"{"status":"failed","error":{"code":"c","message":"m","details":"line 1\nline 2"}}"#.utf8))
        #expect(reply.problem?.details == "line 1\nline 2")
        let failure = StrategyResult.Failure(
            code: "c", message: "m", isRetryable: false, details: String(repeating: "ä", count: 10_000))
        let details = try #require(failure.details)
        #expect(details.utf8.count <= StrategyResult.Failure.longestDetails && details.hasSuffix("…"))
        let result = StrategyResult(
            requestID: "r", status: .failed, failure: failure,
            origin: RequestOrigin(topic: "t", partition: 0, offset: 0, key: nil), node: "n",
            timing: ResultTiming(queuedMs: 0, stepMs: 0, totalMs: 0))
        #expect(try JSONValue.parse(result.encoded())["error"]?["details"] == .string(details))
    }

    @Test func aLongMessageIsCut() throws {
        let message = String(repeating: "ä", count: 3000)
        let read = try #require(HostLogLine(Array(#"{"log":{"message":"\#(message)"}}"#.utf8)))
        #expect(read.message.utf8.count <= HostLogLine.maximumMessage + 6 && read.message.hasSuffix("ä…"))
    }

    @Test(arguments: [
        (#"{"status":"completed","positions":[1]}"#, true), (#"{"signals":{},"status":"completed"}"#, true),
        (#"{"status":"completed","statistics":{"positions":[1]}}"#, false),
        (#"{"status":"failed","error":{"code":"c","message":"m"},"positions":[1]}"#, false),
    ])
    func theOrdersOfAnAnswerAreAllOfIt(answer: String, hasOrders: Bool) throws {
        let reply = try HostReply.parse(Array(answer.utf8), strategy: Array("{}".utf8))
        #expect(String(decoding: reply.orders, as: UTF8.self) == (hasOrders ? answer : ""))
    }

    @Test func aReplyGetsTheStrategyAsTheNodeKnowsIt() throws {
        let strategy = Array(#"{"name":"mine"}"#.utf8)
        let reply = try HostReply.parse(Array(#"{"status":"completed","data":1}"#.utf8)).named(strategy)
        #expect(String(decoding: reply.members, as: UTF8.self) == #""strategy":{"name":"mine"},"data":1"#)
        let failure = HostReply(RequestProblem(.resultTooLarge, "too large"), strategy: strategy)
        #expect(failure.status == .failed && failure.problem?.code == "result_too_large")
        #expect(String(decoding: failure.members, as: UTF8.self) == #""strategy":{"name":"mine"}"#)
    }

    @Test func theNodesStrategyStandsInPlaceOfTheHosts() throws {
        let line = #"{"request_id":"r","strategy":{"name":"x"},"status":"completed","statistics":{"a":1}}"#
        let reply = try HostReply.parse(Array(line.utf8), strategy: Array(#"{"name":"mine"}"#.utf8))
        #expect(reply.requestID == "r")
        #expect(String(decoding: reply.members, as: UTF8.self) == #""strategy":{"name":"mine"},"statistics":{"a":1}"#)
        #expect(try HostReply.parse(Array(#"{"status":"completed","request_id":null}"#.utf8)).requestID == nil)
    }
}
