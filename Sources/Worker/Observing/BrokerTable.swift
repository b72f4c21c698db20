import Messages
import Scheduling

/// How one client of the node stands with one broker.
struct BrokerSighting: Sendable, Equatable {
    enum Condition: Sendable {
        /// Connected, and it answers.
        case up
        /// Connected, and nothing has come for a while, nor had to: the broker may be gone, and nobody has noticed.
        case idle
        /// The client wants a connection, and has none that answers.
        case down
        /// The client needs no connection.
        case unused
    }

    /// `host:port`
    let address: String
    /// nil: an address to begin with, or a role (the group's coordinator) whose connection is one more.
    let node: Int?
    let condition: Condition
    let roundTripMs: Double?
    /// Since the broker last sent something; nil where it never has.
    let silentMs: Double?
}

/// What a node's clients together know of the brokers. Pure: time comes in, what has changed goes out.
struct BrokerTable: Sendable {
    enum State: String, Sendable { case up, down, unused }

    struct Broker: Sendable {
        let address: String
        var node: Int?
        var state: State
        var since: MonotonicTime
        var roundTripMs: Double?
        var error: (text: String, time: Timestamp)?
        /// Taken out of its cluster for good, as far as can be told: its absence is no loss any more.
        var isForgotten = false
    }

    enum Change: Sendable {
        case gone(Broker)
        case back(Broker, awayMs: Double)
    }

    /// A client's last word.
    private struct View {
        let sightings: [BrokerSighting]
        let time: MonotonicTime
        /// When a broker last sent it something, or when it first spoke.
        let heardAt: MonotonicTime
    }

    /// A broker that the cluster does not list and nobody needs is forgotten after so long: it was taken out for good.
    private static let forgetMs = 3_600_000.0
    /// For so long a cluster may list a broker that has died.
    private static let listedMs = 30_000.0
    private static let longestError = 500

    private var views: [String: View] = [:]
    private var known: [String: Broker] = [:]
    /// The brokers that the cluster says are alive, where it was asked, and when.
    private var alive: (nodes: Set<Int>, time: MonotonicTime)?
    private var errors: [String: (text: String, time: Timestamp)] = [:]

    /// By number.
    var brokers: [Broker] { known.values.sorted { ($0.node ?? .max, $0.address) < ($1.node ?? .max, $1.address) } }

    /// Takes in what a client says now, in place of what it said before.
    mutating func see(_ sightings: [BrokerSighting], by client: String, at now: MonotonicTime) -> [Change] {
        // librdkafka forgets when a connection last brought something once that is gone; the client has heard it.
        let before = views[client]?.heardAt ?? now
        let heard = sightings.compactMap(\.silentMs).min().map { now.adding(milliseconds: -Int($0)) } ?? before
        views[client] = View(
            sightings: sightings, time: now, heardAt: views[client] == nil ? heard : max(before, heard))
        return merge(at: now)
    }

    /// Takes in which brokers the cluster lists.
    mutating func list(_ nodes: Set<Int>, at now: MonotonicTime) -> [Change] {
        alive = (nodes, now)
        return merge(at: now)
    }

    /// Keeps what went wrong for each broker the text names.
    mutating func note(error text: String, at time: Timestamp) {
        let addresses = Set(known.keys).union(views.values.flatMap { $0.sightings.map(\.address) })
        for address in addresses where text.contains(address) {
            errors[address] = (String(text.prefix(Self.longestError)), time)
            known[address]?.error = errors[address]
        }
    }

    /// For how long nothing has come from any broker; nil where that is not known. A client that speaks seldom and had
    /// heard of one when it last spoke is not taken for deaf since.
    func silentMs(at now: MonotonicTime) -> Double? {
        views.values.map { view in
            let silent = view.time.milliseconds(since: view.heardAt)
            return silent > Self.noticeableMs ? now.milliseconds(since: view.heardAt) : silent
        }.min()
    }

    /// Of a node that is well, some client hears of a broker more often.
    private static let noticeableMs = 10_000.0

    private mutating func merge(at now: MonotonicTime) -> [Change] {
        let all = views.values.flatMap(\.sightings)
        // The addresses to begin with are brokers too, or lead to some: they count while no broker is known.
        let learned = Set(all.filter { $0.node != nil }.map(\.address))
        let before = known.values.filter { $0.node != nil }.map(\.address)
        let shown = learned.isEmpty && before.isEmpty ? Set(all.map(\.address)) : learned.union(before)
        var changes: [Change] = []
        for address in shown.sorted() {
            let seen = all.filter { $0.address == address }
            if let change = merge(address, seen, at: now) { changes.append(change) }
        }
        known = known.filter { shown.contains($0.key) }
        errors = errors.filter { known[$0.key] != nil }
        return changes
    }

    private mutating func merge(_ address: String, _ seen: [BrokerSighting], at now: MonotonicTime) -> Change? {
        let node = seen.compactMap(\.node).first
        let old = known[address]
        let state = state(of: seen, node: node ?? old?.node, old: old)
        let trips = seen.filter { $0.condition == .up || $0.condition == .idle }.compactMap(\.roundTripMs)
        var broker = old ?? Broker(address: address, node: node, state: state, since: now)
        broker.node = node ?? broker.node
        broker.error = errors[address]
        broker.roundTripMs = trips.isEmpty ? broker.roundTripMs : trips.max()
        defer { known[address] = broker }
        guard let old else { return state == .down ? .gone(broker) : nil }
        guard state != old.state else {
            if state == .down, isUnlisted(broker), !seen.contains(where: { $0.condition == .down }),
                now.milliseconds(since: broker.since) > Self.forgetMs
            {
                broker.state = .unused
                broker.isForgotten = true
            }
            return nil
        }
        broker.state = state
        if state != .unused { broker.isForgotten = false }
        broker.since = now
        if state == .down { return .gone(broker) }
        return old.state == .down ? .back(broker, awayMs: now.milliseconds(since: old.since)) : nil
    }

    /// Up for one is up; a connection that is idle says less than one that fails. Where no connection says anything now,
    /// one that the cluster does not list is down, and one that was lost stays lost until the cluster lists it.
    private func state(of seen: [BrokerSighting], node: Int?, old: Broker?) -> State {
        func isAny(_ condition: BrokerSighting.Condition) -> Bool { seen.contains { $0.condition == condition } }
        if isAny(.up) { return .up }
        if isAny(.down) { return .down }
        let calm: State = isAny(.idle) ? .up : .unused
        let wasDown = old?.state == .down
        guard let alive, let node else { return wasDown ? .down : calm }
        guard alive.nodes.contains(node) else { return old?.isForgotten == true ? calm : .down }
        guard wasDown, let old else { return calm }
        return alive.time.milliseconds(since: old.since) > Self.listedMs ? calm : .down
    }

    private func isUnlisted(_ broker: Broker) -> Bool {
        guard let node = broker.node, let alive else { return false }
        return !alive.nodes.contains(node)
    }
}
