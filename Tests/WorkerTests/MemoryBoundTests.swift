import Configuration
import Messages
import Scheduling
import Testing

@testable import Worker

@Suite struct MemoryBoundTests {
    private func settings(_ more: [String], memoryMB: Int) throws -> NodeSettings {
        let configuration = try OptimizerConfiguration.load(
            file: nil, environment: [:],
            settings: ["pool.maxConcurrentStrategies=2", "limits.memoryMB=100", "kafka.prefetchMB=10"] + more)
        return try NodeSettings(
            configuration, machine: Machine(hostName: "m", processID: 1, processors: 2, memoryMB: memoryMB))
    }

    @Test func whatIsInFlightAndWhatIsNotAcknowledgedIsPartOfTheNodesOwnMemory() throws {
        // 96 for the node, 10 prefetched, 20 in flight, 20 not acknowledged, 2 x 100 for its hosts.
        let more = ["backpressure.maxInFlightMB=20"]
        #expect(try settings(more, memoryMB: 346).backpressure.maxInFlightBytes == 20 << 20)
        let failure = #expect(throws: NodeFailure.self) { try settings(more, memoryMB: 345) }
        #expect(failure?.description.contains("146 MB for the node itself") == true)
        #expect(failure?.description.contains("backpressure.maxInFlightMB") == true)
    }

    @Test func aLargerProducerQueueIsPartOfItToo() throws {
        let more = ["backpressure.maxInFlightMB=20", "kafka.producer.queue.buffering.max.kbytes=102400"]
        #expect(throws: NodeFailure.self) { try settings(more, memoryMB: 425) }
        #expect(throws: Never.self) { try settings(more, memoryMB: 426) }
    }

    @Test func theProducersQueueAlwaysHasRoomForOneMessage() throws {
        let configuration = try OptimizerConfiguration.load(
            file: nil, environment: [:],
            settings: ["backpressure.maxInFlightMB=1", "kafka.producer.message.max.bytes=8000000"])
        #expect(KafkaClients.outputKilobytes(configuration) == 7813)
    }

    private func refused(_ token: UInt64, bytes: Int) -> InFlightRequest {
        let problem = RequestProblem(.invalidJSON, "not JSON")
        let origin = RequestOrigin(topic: "t", partition: 0, offset: Int64(token), key: nil)
        return InFlightRequest(
            token: token,
            refusal: RequestIntake.Refusal(
                requestID: "r\(token)", strategyIndex: 0, strategy: nil, problem: problem, labels: []),
            origin: origin, headers: [], arrivedAt: MonotonicTime(nanoseconds: 0), recordTime: nil, bytes: bytes,
            failure: StrategyResult.Failure(problem))
    }

    @Test func theBytesInFlightAreThoseOfWhatIsInFlight() {
        var requests = InFlightRequests()
        for token in UInt64(1)...4 { requests.add(refused(token, bytes: 100 * Int(token))) }
        #expect(requests.bytes == 1000)
        #expect(requests.acknowledge(2, .deadLetter, .rejected) == nil)
        #expect(requests.bytes == 1000)
        #expect(requests.acknowledge(2, .resultOfTwo, .rejected)?.requestID == "r2")
        #expect(requests.bytes == 800)
        #expect(requests.remove(2) == nil)
        #expect(requests.acknowledge(9, .result, .completed) == nil)
        for token in UInt64(1)...4 { requests.remove(token) }
        #expect(requests.bytes == 0 && requests.isEmpty)
    }

    @Test func whatIsInFlightHoldsNoBody() throws {
        weak var body: Step?
        var requests = InFlightRequests()
        do {
            let text = #"{"request_id":"a","strategy":{"name":"noop"},"labels":{"desk":"fx"}}"#
            let step = Step(
                request: try StrategyRequest.parse(Array(text.utf8)),
                origin: RequestOrigin(topic: "t", partition: 0, offset: 0, key: nil),
                coordinates: RequestCoordinates(partition: 0, generation: 1, offset: 0),
                limits: ResourceLimits(cpuPercent: 80, memoryMB: 64, timeoutMs: 1000),
                arrivedAt: MonotonicTime(nanoseconds: 0), token: 1)
            body = step
            requests.add(InFlightRequest(step, recordTime: nil, bytes: text.utf8.count))
        }
        #expect(body == nil)
        #expect(requests[1]?.requestID == "a" && requests[1]?.labels.count == 1)
    }

    @Test func eachPartHasItsFormsOneAfterTheOther() {
        var requests = InFlightRequests()
        requests.add(refused(1, bytes: 1))
        #expect(requests.nextForm(of: 1, .result) == .small)
        #expect(requests.nextForm(of: 1, .result) == .deadLetter)
        #expect(requests.nextForm(of: 1, .result) == nil)
        for part in [OutgoingMessage.Part.resultOfTwo, .deadLetter] {
            #expect(requests.nextForm(of: 1, part) == .small)
            #expect(requests.nextForm(of: 1, part) == nil)
        }
        #expect(requests.nextForm(of: 2, .result) == nil)
    }
}
