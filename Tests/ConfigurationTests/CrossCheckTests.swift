import Testing

@testable import Configuration

struct CrossCheckTests {
    @Test func resumeDepthMustBeBelowQueueDepth() throws {
        #expect(
            problems("backpressure:\n  queueDepth: 50\n") == [
                "test.yml:2:15: backpressure.resumeDepth is 50 and must be below backpressure.queueDepth, which is 50; set it to 25, for example"
            ])
        #expect(try configuration("backpressure:\n  queueDepth: 51\n").backpressure.queueDepth == 51)
    }

    @Test func maxInFlightMustHoldTheQueue() throws {
        let found = problems(settings: ["backpressure.maxInFlight=99"])
        #expect(
            found == [
                "--set backpressure.maxInFlight: backpressure.maxInFlight is 99 and must be at least backpressure.queueDepth, which is 100"
            ])
        #expect(try configuration(settings: ["backpressure.maxInFlight=100"]).backpressure.maxInFlight == 100)
    }

    @Test func theObjectiveMustNotPassTheDeadline() throws {
        let found = problems("limits: { timeoutMs: 99 }")
        #expect(found.count == 1 && found[0].hasPrefix("test.yml:1:22: limits.executionTimeMs is 100 and must not be"))
        #expect(try configuration("limits: { timeoutMs: 100 }").limits.timeoutMs == 100)
    }

    @Test func theNodesProcessorsMustHoldOneStep() throws {
        let found = problems(settings: ["limits.maxNodeCpuPercent=79"])
        #expect(found.count == 1 && found[0].contains("must be at least limits.cpuPercent, which is 80"))
        #expect(try configuration(settings: ["limits.maxNodeCpuPercent=80"]).limits.maxNodeCpuPercent == 80)
    }

    @Test(arguments: [
        (["requests", "results"], "x", "x"), (["results", "metrics"], "x", "x"),
        (["metrics", "deadLetters"], "x", "x"),
        (["requests", "deadLetters"], "a.b", "a_b"),
    ])
    func theTopicsMustDiffer(topics: [String], first: String, second: String) throws {
        let found = problems(settings: ["kafka.topics.\(topics[0])=\(first)", "kafka.topics.\(topics[1])=\(second)"])
        try #require(found.count == 1)
        #expect(found[0].contains("kafka.topics.\(topics[0])") && found[0].contains("kafka.topics.\(topics[1])"))
    }

    @Test func aWrongValueIsNotComparedWithOthers() {
        #expect(problems("backpressure: { queueDepth: 10, resumeDepth: x }").count == 1)
    }

    @Test func theProblemStandsWhereTheStrongestValueWasGiven() {
        let found = problems(
            "backpressure: { queueDepth: 10, resumeDepth: 5 }",
            environment: ["OPTIMIZER_BACKPRESSURE_RESUME_DEPTH": "10"])
        #expect(found.count == 1 && found[0].hasPrefix("environment variable OPTIMIZER_BACKPRESSURE_RESUME_DEPTH: "))
    }
}
