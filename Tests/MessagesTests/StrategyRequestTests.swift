import Testing

@testable import Messages

@Suite struct StrategyRequestTests {
    private func parse(_ text: String) throws(UnreadableRequest) -> StrategyRequest {
        try StrategyRequest.parse(Array(text.utf8))
    }

    private func refusal(_ text: String) -> UnreadableRequest? {
        do {
            _ = try parse(text)
            return nil
        } catch {
            return error
        }
    }

    @Test func readsTheWholeEnvelope() throws {
        let request = try parse(
            #"""
            {"schema_version":1,"type":"backtest","request_id":"r-1","submitted_at":"2026-01-02T03:04:05Z",
             "strategy":{"name":"sma_crossover","version":1,"parameters":{"fast":10,"slow":20}},
             "data":{"dataset":"synth_walk"},"limits":{"cpu_percent":50,"memory_mb":64,"timeout_ms":1000},
             "locks":["a","b"],"expires_at":"2026-01-02T03:04:06.5+01:00","labels":{"desk":"fx"},"future":[1]}
            """#)
        #expect(request.requestID == "r-1")
        #expect(request.strategy == "sma_crossover")
        #expect(request.parameters == [JSONMember("fast", .integer(10)), JSONMember("slow", .integer(20))])
        #expect(request.limits == RequestedLimits(cpuPercent: 50, memoryMB: 64, timeoutMs: 1000))
        #expect(request.locks == ["a", "b"])
        #expect(request.expiresAt == Timestamp(rfc3339: "2026-01-02T02:04:06.500Z"))
        #expect(try JSONValue.parse(request.labels) == .object([JSONMember("desk", .string("fx"))]))
        #expect(request.unknownFields == ["future"])
        #expect(try request.section("data")?["dataset"]?.string == "synth_walk")
        #expect(try request.section("account") == nil)
    }

    @Test func needsOnlyAnIDAndAStrategy() throws {
        #expect(try parse(#"{"request_id":"r","strategy":{"name":"noop"}}"#).parameters.isEmpty)
        #expect(refusal(#"{"strategy":{"name":"noop"}}"#)?.problem.message.hasPrefix("request_id is missing") == true)
        #expect(refusal(#"{"request_id":"r"}"#)?.problem.message.hasPrefix("strategy is missing") == true)
    }

    @Test(arguments: [
        (#"{"request_id":7,"strategy":{"name":"noop"}}"#, "request_id is a number, must be a string"),
        (#"{"request_id":"","strategy":{"name":"noop"}}"#, "request_id must be a string of 1 to 256 bytes"),
        (#"{"request_id":"r","strategy":"noop"}"#, "strategy is a string, must be an object"),
        (#"{"request_id":"r","strategy":{}}"#, "strategy.name is missing"),
        (#"{"request_id":"r","strategy":{"name":"n","parametres":{}}}"#, #"did you mean "parameters"?"#),
        (#"{"request_id":"r","strategy":{"name":"n"},"limits":{"memory_mb":-1}}"#, "limits.memory_mb is -1"),
        (#"{"request_id":"r","strategy":{"name":"n"},"limits":{"memory":1}}"#, "unknown member \"memory\""),
        (#"{"request_id":"r","strategy":{"name":"n"},"locks":"a"}"#, "locks must be a list"),
        (#"{"request_id":"r","strategy":{"name":"n"},"expires_at":"soon"}"#, "expires_at is \"soon\""),
        (#"{"request_id":"r","strategy":{"name":"n"},"labels":{"a":1}}"#, "labels must be an object of at most 64"),
        (#"{"request_id":"r","strategy":{"name":"n"},"type":"live"}"#, "type is \"live\""),
        (#"{"request_id":"r","request_id":"s","strategy":{"name":"n"}}"#, "request_id is given twice"),
        ("[]", "byte 0: expected an object, found '['"),
        ("", "the request is empty"),
    ])
    func saysWhatIsWrongAndWhere(text: String, words: String) {
        #expect(refusal(text)?.problem.message.contains(words) == true, "\(String(describing: refusal(text)))")
    }

    @Test func findsTheIDBehindAWrongValue() {
        let found = refusal(#"{"limits":5,"strategy":{"name":"noop"},"request_id":"late"}"#)
        #expect(found?.requestID == "late")
        #expect(found?.strategy == "noop")
        #expect(refusal(#"{"request_id":"early","x":"#)?.requestID == "early")
    }

    @Test func aNewerSchemaIsRetryable() {
        let found = refusal(#"{"schema_version":2,"request_id":"r","strategy":{"name":"n"}}"#)
        #expect(found?.problem.code == .unsupportedSchemaVersion)
        #expect(found?.problem.isRetryable == true)
    }
}

@Suite struct StrategyDescriptorTests {
    private let descriptor = StrategyDescriptor(
        name: "sma", summary: "",
        parameters: [
            ParameterSpecification("fast", .integer(1...100), default: .integer(10), ""),
            ParameterSpecification(
                "direction", .choice(["long_only", "long_short"]), default: .string("long_short"), ""),
            ParameterSpecification("target", .numbers(maximumCount: 2), default: nil, ""),
        ])
    private let target = JSONMember("target", .array([.integer(1)]))

    @Test(arguments: [
        (JSONMember("fst", .integer(1)), "did you mean \"fast\"?"),
        (JSONMember("fast", .integer(0)), "strategy.parameters.fast is 0, must be an integer from 1 to 100"),
        (JSONMember("fast", .number(1.5)), "is 1.5, must be an integer"),
        (JSONMember("direction", .string("long")), "must be one of \"long_only\", \"long_short\""),
        (JSONMember("target", .string("x")), "is given twice"),
    ])
    func refusesWhatDoesNotFit(member: JSONMember, words: String) {
        #expect { try descriptor.check([target, member]) } throws: {
            ($0 as? RequestProblem)?.message.contains(words) == true
        }
    }

    @Test func refusesAMissingParameterWithoutDefault() {
        #expect { try descriptor.check([]) } throws: {
            ($0 as? RequestProblem)?.message.contains("strategy.parameters.target is missing") == true
        }
    }

    @Test func resolvesDefaults() throws {
        try descriptor.check([target])
        #expect(descriptor.value(of: "fast", in: [target]) == .integer(10))
        #expect(descriptor.value(of: "fast", in: [JSONMember("fast", .integer(3))]) == .integer(3))
    }
}
