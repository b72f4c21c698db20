import Messages

@testable import Scheduling

/// The table of what is in flight against the simplest model there is of it, which looks at everything each time it is
/// asked: records taken and planned, messages acknowledged in any order, twice, or for requests that are long gone,
/// requests abandoned.
final class InFlightTableSimulation {
    private struct Known {
        let token: UInt64
        let coordinates: RequestCoordinates
        let digest: UInt64
        let bytes: Int
        var parts: Set<MessagePart> = []
        var status: ResultStatus = .rejected
        var forms: [MessagePart: Int] = [:]
        var seen: MonotonicTime?
        var hasEnded = false
    }

    private static let partitions: Int32 = 5

    private var random: SplitMix64
    private var table = InFlightTable()
    private var known: [Known] = []
    /// Tokens that were given, the gone ones among them.
    private var given: [UInt64] = []
    private var now = time(0)
    private var offsets: [Int64] = Array(repeating: 0, count: Int(partitions))
    /// How many are in flight moves between few and many, so that places come free in bulk and are used again.
    private var target = 10

    private(set) var events = 0
    private(set) var violations: [String] = []
    private(set) var done = 0
    private(set) var abandoned = 0
    private(set) var stale = 0
    private(set) var mostInFlight = 0

    init(seed: UInt64) { random = SplitMix64(state: seed) }

    func run(events count: Int) {
        while events < count, violations.isEmpty {
            events += 1
            now = now.adding(milliseconds: Int.random(in: 0...5, using: &random))
            if events % 500 == 1 { target = Int.random(in: 0...300, using: &random) }
            event()
            compare()
        }
    }

    private func check(_ holds: Bool, _ message: @autoclosure () -> String) {
        if !holds { violations.append("event \(events): \(message())") }
    }

    private func event() {
        switch Int.random(in: 0..<100, using: &random) {
        case 0..<10: acknowledgeStale()
        case 10..<20: nextForm()
        case 20..<25: end()
        case 25..<27: lookAtAll()
        default:
            if random.chance(known.count < target ? 80 : 20) {
                take()
            } else if random.chance(25) {
                abandon()
            } else {
                acknowledge()
            }
        }
    }

    private func take() {
        let partition = Int32.random(in: 0..<Self.partitions, using: &random)
        offsets[Int(partition)] += Int64.random(in: -2...3, using: &random)
        let coordinates = RequestCoordinates(
            partition: partition, generation: Int.random(in: 1...3, using: &random),
            offset: max(0, offsets[Int(partition)]))
        let (digest, bytes) = (random.next(), Int.random(in: 0...2000, using: &random))
        let token = table.takePlanned(coordinates, digest: digest, bytes: bytes)
        check(token > given.last ?? 0, "the token \(token) follows on \(given.last ?? 0)")
        given.append(token)
        known.append(Known(token: token, coordinates: coordinates, digest: digest, bytes: bytes))
        mostInFlight = max(mostInFlight, known.count)
    }

    private func acknowledge() {
        guard let index = known.indices.randomElement(using: &random) else { return }
        let part = [MessagePart.result, .resultOfTwo, .deadLetter].randomElement(using: &random) ?? .result
        let status = ResultStatus.allCases.randomElement(using: &random) ?? .failed
        known[index].parts.insert(part)
        if part != .deadLetter { known[index].status = status }
        let expected = known[index]
        let isDone = expected.parts.contains(.result) || expected.parts.isSuperset(of: [.resultOfTwo, .deadLetter])
        let answer = table.acknowledge(expected.token, part, status)
        check((answer != nil) == isDone, "\(expected) is \(answer == nil ? "not " : "")done by \(part)")
        if let answer {
            check(answer.coordinates == expected.coordinates, "\(answer.coordinates) is done for \(expected)")
            check(answer.digest == expected.digest, "\(answer.digest) is done for \(expected)")
            check(answer.request.status == expected.status, "\(answer.request.status) is the end of \(expected)")
        }
        guard isDone else { return }
        known.remove(at: index)
        done += 1
    }

    private func abandon() {
        guard let index = known.indices.randomElement(using: &random) else { return }
        table.abandon(known.remove(at: index).token)
        abandoned += 1
    }

    /// Any token of before comes again: most are gone.
    private func acknowledgeStale() {
        guard let token = given.randomElement(using: &random), !known.contains(where: { $0.token == token }) else {
            return
        }
        stale += 1
        check(table[token] == nil, "the token \(token) is gone and has a request")
        check(table.acknowledge(token, .result, .completed) == nil, "the token \(token) is done after it was gone")
        check(table.nextForm(of: token, .result) == nil, "the token \(token) is gone and has a form")
        table.abandon(token)
        table.plan(inFlightRequest(token))
    }

    private func nextForm() {
        guard let index = known.indices.randomElement(using: &random) else { return }
        let part = [MessagePart.result, .resultOfTwo, .deadLetter].randomElement(using: &random) ?? .result
        let forms: [MessageForm] = part == .result ? [.small, .deadLetter] : [.small]
        let place = known[index].forms[part, default: 0]
        let answer = table.nextForm(of: known[index].token, part)
        let expected = place < forms.count ? forms[place] : nil
        check(answer == expected, "\(part) of \(known[index]) becomes \(answer as Any)")
        known[index].forms[part] = place + 1
    }

    /// A step has its result, or runs again.
    private func end() {
        guard let index = known.indices.randomElement(using: &random) else { return }
        known[index].hasEnded.toggle()
    }

    private func lookAtAll() {
        for index in known.indices { known[index].seen = known[index].hasEnded ? known[index].seen ?? now : nil }
        let oldest = table.oldestUnacknowledged(
            notEnded: Set(known.filter { !$0.hasEnded }.map(\.token)), at: now)
        check(oldest == known.compactMap(\.seen).min(), "the oldest result waits since \(oldest as Any)")
        let lowest = Dictionary(grouping: known, by: \.coordinates.partition).mapValues { requests in
            requests.map(\.coordinates.offset).min()
        }
        check(table.lowest.mapValues(\.origin.offset) == lowest, "the lowest are \(table.lowest)")
        for request in known {
            check(table[request.token]?.token == request.token, "\(request) is not in the table")
        }
    }

    private func compare() {
        let expected = InFlightLoad(count: known.count, bytes: known.reduce(0) { $0 + $1.bytes })
        check(table.load == expected, "\(table.load) is in flight, not \(expected)")
        check(table.isEmpty == known.isEmpty, "empty: \(table.isEmpty)")
        for partition in 0..<Self.partitions {
            let count = known.count { $0.coordinates.partition == partition }
            check(table.count(of: partition) == count, "\(table.count(of: partition)) of \(partition), not \(count)")
        }
    }
}
