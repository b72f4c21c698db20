import Messages
import Testing

@testable import Scheduling

/// A generator whose run a seed replays (Steele, Lea, Flood: "Fast splittable pseudorandom number generators").
struct SplitMix64: RandomNumberGenerator {
    var state: UInt64

    mutating func next() -> UInt64 {
        state &+= 0x9E37_79B9_7F4A_7C15
        var z = state
        z = (z ^ (z >> 30)) &* 0xBF58_476D_1CE4_E5B9
        z = (z ^ (z >> 27)) &* 0x94D0_49BB_1331_11EB
        return z ^ (z >> 31)
    }

    mutating func chance(_ percent: Int) -> Bool { Int.random(in: 0..<100, using: &self) < percent }
}

func time(_ milliseconds: Int) -> MonotonicTime {
    MonotonicTime(nanoseconds: 0).adding(milliseconds: milliseconds)
}

func step(
    partition: Int32 = 0, generation: Int = 1, offset: Int64, token: UInt64? = nil,
    strategy: Int = 0, lane: Lane? = nil, locks: [String] = [], more: String = "",
    limits: ResourceLimits = ResourceLimits(cpuPercent: 80, memoryMB: 512, timeoutMs: 5000)
) throws -> Step {
    let names = locks.map { "\"\($0)\"" }.joined(separator: ",")
    let text = #"{"request_id":"\#(partition)-\#(offset)","strategy":{"name":"noop"},"locks":[\#(names)]\#(more)}"#
    return Step(
        request: try StrategyRequest.parse(Array(text.utf8)),
        origin: RequestOrigin(topic: "requests", partition: partition, offset: offset, key: nil),
        coordinates: RequestCoordinates(partition: partition, generation: generation, offset: offset),
        lane: lane, strategyIndex: strategy, limits: limits, arrivedAt: time(0),
        token: token ?? UInt64(offset) + 1)
}

/// A request in flight, for tests that look at nothing of it but where it stands.
func inFlightRequest(_ token: UInt64, partition: Int32 = 0, offset: Int64 = 0) -> InFlightRequest {
    InFlightRequest(
        refused: .init(
            token: token, requestID: "\(partition)-\(offset)", type: "backtest", strategy: nil, strategyIndex: 0,
            labels: [], origin: RequestOrigin(topic: "requests", partition: partition, offset: offset, key: nil),
            headers: [], arrivedAt: time(0), recordTime: nil,
            failure: StrategyResult.Failure(RequestProblem(.invalidJSON, "not JSON"))))
}

extension InFlightTable {
    /// Takes a record, and plans the request that it is.
    mutating func takePlanned(_ coordinates: RequestCoordinates, digest: UInt64 = 0, bytes: Int = 1) -> UInt64 {
        let token = take(coordinates, digest: digest, bytes: bytes)
        plan(inFlightRequest(token, partition: coordinates.partition, offset: coordinates.offset))
        return token
    }
}

extension Dispatcher {
    mutating func admit(_ step: Step) -> [Int] { admit([step]) }

    /// Steps that it has, wherever they are.
    var heldCount: Int { queue.count + slots.aheadCount + runningCount + abandonedCount + delayedCount }

    /// Steps that wait, each looked at by itself: what the dispatcher says without looking must be the same.
    var waitingOneByOne: [WaitReason: Int] {
        var kept: Set<String> = []
        return queue.placedIndices.reduce(into: [:]) { counts, place in
            if let reason = queue.laneObstacle(at: place) ?? admission.obstacle(to: queue[place], keeping: &kept) {
                counts[reason, default: 0] += 1
            }
        }
    }

    /// A slot that is free runs so many steps of a strategy, one after the other, with nothing queued.
    mutating func learn(_ strategy: Int = 0, steps: Int = 8, nanoseconds: Int64 = 10_000) throws {
        let free = try #require(slots.indices.first { slots.flight(of: $0) == nil })
        for offset in 0..<Int64(steps) {
            _ = admit(try step(offset: 1_000_000 + offset, strategy: strategy))
            _ = next(for: free, at: time(0))
            _ = finishAnswered(slot: free, tookNanoseconds: [nanoseconds], at: time(0))
        }
    }
}

extension BackpressureController {
    mutating func update(
        depth: Int, inFlight: Int, inFlightBytes: Int = 0, isOutputFull: Bool = false, at now: MonotonicTime
    ) -> Fetching {
        update(
            depth: depth, inFlight: InFlightLoad(count: inFlight, bytes: inFlightBytes), isOutputFull: isOutputFull,
            at: now)
    }
}

/// Where a log's identity is not what is tested, every record has the same digest.
extension PartitionLedger {
    mutating func take(_ offset: Int64) -> Taken { take(offset, digest: 0) }
    mutating func markDone(_ offset: Int64) -> Bool { markDone(offset, digest: 0) }
}

extension LedgerBook {
    mutating func take(partition: Int32, offset: Int64) -> Taken {
        take(partition: partition, offset: offset, digest: 0)
    }

    /// The broker has stored all that can be committed.
    mutating func commitAll() {
        for commit in commits() { noteCommitted(commit) }
    }
}
