import Testing

@testable import Messages

/// What node and built-in host say to each other.
@Suite struct FrameTests {
    private static let text = #"""
        {"request_id":"r","type":"optimization","data":{"dataset":"d"},
         "strategy":{"version":3,"parameters":{"fast":5,"s":"x"},"name":"sma\u005fcrossover"},
         "output":{"trades":true},"labels":{"a":"b"}}
        """#

    private func request(_ text: String = Self.text) throws -> StrategyRequest {
        try StrategyRequest.parse(Array(text.utf8))
    }

    @Test func hostReadsOfAFrameWhatTheNodeReadOfTheRequest() throws {
        let sent = try request()
        let step = try #require(try StepFrame.read(StepFrame.payload(of: sent, token: 1 << 40 + 7)))
        #expect(step.token == 1 << 40 + 7)
        #expect(step.request.strategy == "sma_crossover" && step.request.strategyVersion == 3 && step.request.isSweep)
        #expect(step.request.parameters == sent.parameters)
        for name in ["data", "output"] {
            #expect(try step.request.section(name) == sent.section(name))
            #expect(try step.request.section(name) != nil)
        }
        #expect(try step.request.section("account") == nil)
    }

    @Test func requestWithoutParametersOrVersionHasNoneInItsFrame() throws {
        let sent = try request(#"{"request_id":"r","strategy":{"name":"noop"}}"#)
        let step = try #require(try StepFrame.read(StepFrame.payload(of: sent, token: 1)))
        #expect(step.request.strategyVersion == nil && step.request.parameters.isEmpty && !step.request.isSweep)
    }

    @Test func framesGoOnlyToHostsThatSayTheyTakeThem() {
        #expect(StepFrame.isTaken(byHostSaying: StepFrame.ready(engineVersion: "1.2.3")))
        for other in ["ready", #"{"ready":{"engine":{"name":"optimizer"}}}"#, #"{"ready":{"step_frame":1}}"#] {
            #expect(!StepFrame.isTaken(byHostSaying: Array(other.utf8)))
        }
    }

    @Test func hostReadsTheOrdersThatAnExternalHostHasAnsweredWith() throws {
        let orders = Array(#"{"positions":[1,0]}"#.utf8)
        let sent = try request()
        let step = try #require(try StepFrame.read(StepFrame.payload(of: sent, token: 1, orders: orders)))
        var reader = try #require(step.request.orders)
        #expect(try reader.value()["positions"] == .array([.integer(1), .integer(0)]))
        #expect(try step.request.section("output") == sent.section("output"))
        #expect(try StepFrame.read(StepFrame.payload(of: sent, token: 1))?.request.orders == nil)
    }

    private static let descriptor = StrategyDescriptor(
        name: "mine", version: 3, summary: "what it does",
        parameters: [
            ParameterSpecification("a", .integer(-1...9), default: .integer(3), "an integer"),
            ParameterSpecification("b", .number(0.5...1), default: nil, ""),
            ParameterSpecification("c", .boolean, default: .bool(true), ""),
            ParameterSpecification("d", .choice(["x", "y"]), default: .string("y"), ""),
            ParameterSpecification("e", .numbers(maximumCount: 7), default: .array([]), ""),
        ])

    @Test func hostReadsWhatTheStrategyOfASweepIs() throws {
        let sent = try request()
        let step = try #require(
            try StepFrame.read(StepFrame.payload(of: sent, token: 1, descriptor: Self.descriptor)))
        #expect(step.request.descriptor == Self.descriptor && step.request.orders == nil && step.request.isSweep)
        #expect(try StepFrame.read(StepFrame.payload(of: sent, token: 1))?.request.descriptor == nil)
        let payload = StepFrame.payload(of: sent, token: 1, descriptor: Self.descriptor)
        for index in payload.indices {
            var damaged = payload
            damaged[index] ^= 0xFF
            _ = try? StepFrame.read(damaged)?.request.descriptor
        }
    }

    @Test func aQuestionIsToldFromAReplyAndKeepsItsId() {
        let question = QuestionFrame(id: "sweep:3:17", request: Array("{}".utf8))
        #expect(QuestionFrame(question.payload) == question)
        for payload in [ReplyFrame.completed(token: 3), Array("{}".utf8), [], [3], [3, 0xFF, 0xFF, 0x20]] {
            #expect(QuestionFrame(payload) == nil)
        }
        #expect(!ReplyFrame.isFrame(question.payload))
    }

    @Test(arguments: ["", #"{"positions":[1,0]}"#]) func damagedFrameNeverTraps(orders: String) throws {
        let payload = StepFrame.payload(of: try request(), token: 5, orders: Array(orders.utf8))
        for index in payload.indices {
            _ = try? StepFrame.read(Array(payload[..<index]))
            for byte: UInt8 in [0, 1, 0x7F, 0xFF] {
                var damaged = payload
                damaged[index] = byte
                _ = try? StepFrame.read(damaged)
            }
        }
    }

    // MARK: Replies

    private func completed(_ members: String, token: UInt64 = 9) -> [UInt8] {
        var frame = ReplyFrame.completed(token: token) + members.utf8
        ReplyFrame.setTimes(.init(began: 100, ended: 250), in: &frame)
        return frame
    }

    @Test func completedReplyHasItsMembersAndTimes() throws {
        let frame = completed(#""a":1"#)
        let reply = try HostReply.parse(frame, ofStep: 9, request())
        #expect(reply.status == .completed && reply.problem == nil)
        #expect(String(decoding: reply.members, as: UTF8.self) == #""a":1"#)
        let times = try #require(ReplyFrame.times(of: frame))
        #expect(times.began == 100 && times.ended == 250)
    }

    @Test(arguments: [
        (RequestProblem(.insufficientData, "two bars", isRetryable: true), HostReply.Status.failed),
        (RequestProblem(.invalidParameters, "fast is -1"), .rejected),
    ])
    func failureHasItsCodeAndMessage(_ problem: RequestProblem, _ status: HostReply.Status) throws {
        let reply = try HostReply.parse(ReplyFrame.failure(token: 9, problem), ofStep: 9, request())
        #expect(reply.status == status && reply.members.isEmpty)
        #expect(reply.problem?.code == problem.code.rawValue && reply.problem?.message == problem.message)
        #expect(reply.problem?.isRetryable == problem.isRetryable)
    }

    @Test func replyToAnotherStepIsRefused() throws {
        #expect(throws: JSONProblem.self) { try HostReply.parse(completed("", token: 8), ofStep: 9, request()) }
    }

    @Test func replyToAnotherStepIsKnownForOne() throws {
        let request = try request()
        #expect(HostReply.isOfAnotherStep(completed("", token: 8), than: 9, request))
        #expect(!HostReply.isOfAnotherStep(completed("", token: 9), than: 9, request))
        for (reply, isOther) in [
            (#"{"status":"completed","request_id":"s"}"#, true), (#"{"status":"completed","request_id":"r"}"#, false),
            (#"{"status":"completed"}"#, false), ("babble", false),
        ] {
            #expect(HostReply.isOfAnotherStep(Array(reply.utf8), than: 9, request) == isOther)
        }
    }

    @Test func replyInJSONIsReadToo() throws {
        let reply = try HostReply.parse(Array(#"{"status":"completed","request_id":"r"}"#.utf8), ofStep: 9, request())
        #expect(reply.status == .completed)
        #expect(throws: JSONProblem.self) {
            try HostReply.parse(Array(#"{"status":"completed","request_id":"s"}"#.utf8), ofStep: 9, request())
        }
    }

    @Test func damagedReplyNeverTraps() throws {
        let request = try request()
        for payload in [completed(#""a":1"#), ReplyFrame.failure(token: 9, RequestProblem(.internalError, "no"))] {
            for index in payload.indices {
                _ = try? HostReply.parse(Array(payload[..<index]), ofStep: 9, request)
                for byte: UInt8 in [0, 1, 3, 0xFF] {
                    var damaged = payload
                    damaged[index] = byte
                    _ = try? HostReply.parse(damaged, ofStep: 9, request)
                }
            }
        }
    }
}
