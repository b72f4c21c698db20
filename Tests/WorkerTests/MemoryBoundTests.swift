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

    @Test func whatIsInFlightHoldsNoBody() throws {
        weak var body: Step?
        var inFlight = InFlightTable()
        let coordinates = RequestCoordinates(partition: 0, generation: 1, offset: 0)
        let token = inFlight.take(coordinates, digest: 0, bytes: 1)
        do {
            let text = #"{"request_id":"a","strategy":{"name":"noop"},"labels":{"desk":"fx"}}"#
            let step = Step(
                request: try StrategyRequest.parse(Array(text.utf8)),
                origin: RequestOrigin(topic: "t", partition: 0, offset: 0, key: nil),
                coordinates: coordinates,
                limits: ResourceLimits(cpuPercent: 80, memoryMB: 64, timeoutMs: 1000),
                arrivedAt: MonotonicTime(nanoseconds: 0), token: token)
            body = step
            inFlight.plan(InFlightRequest(step, recordTime: nil))
        }
        #expect(body == nil)
        #expect(inFlight[token]?.requestID == "a" && inFlight[token]?.labels == Array(#"{"desk":"fx"}"#.utf8))
    }

    @Test func theLargestBoundOfRequestsInFlightCanBeNamed() throws {
        let largest = try OptimizerConfiguration.load(
            file: nil, environment: [:], settings: ["backpressure.maxInFlight=1000000"])
        #expect(largest.backpressure.maxInFlight <= InFlightTable.mostRequests)
        #expect(throws: (any Error).self) {
            try OptimizerConfiguration.load(
                file: nil, environment: [:], settings: ["backpressure.maxInFlight=\(InFlightTable.mostRequests)"])
        }
    }
}
