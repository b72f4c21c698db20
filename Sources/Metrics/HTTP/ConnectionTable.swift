/// The connections of an HTTP server, and which of them have to go so that a new one finds a place.
///
/// Nobody is turned away: whoever connects, has, say, a probe, asks at once, while those who hold connections and say
/// nothing have been silent for longer. So it is one of the address with the most connections that goes, of those the one
/// that asked or came the longest ago.
struct ConnectionTable: Sendable {
    private struct Entry {
        let address: [UInt8]
        /// When it came, or last asked for something.
        var movedAt: ContinuousClock.Instant
        var hasAsked = false
        /// It has been told to go, and is not gone yet.
        var isLeaving = false
    }

    private let most: Int
    private let headerTime: Duration
    private var entries: [Int32: Entry] = [:]

    /// - Parameters:
    ///   - most: how many connections may stay.
    ///   - headerTime: how long a connection may take for the headers of its first request.
    init(most: Int, headerTime: Duration) {
        self.most = most
        self.headerTime = headerTime
    }

    /// A client has connected.
    ///
    /// - Returns: the sockets of the connections that are to be shut down.
    mutating func opened(_ socket: Int32, from address: [UInt8], at now: ContinuousClock.Instant) -> [Int32] {
        entries[socket] = Entry(address: address, movedAt: now)
        var leaving = entries.filter { _, entry in
            !entry.isLeaving && !entry.hasAsked && now - entry.movedAt >= headerTime
        }.map(\.key)
        for socket in leaving { entries[socket]?.isLeaving = true }
        while let socket = surplus() {
            entries[socket]?.isLeaving = true
            leaving.append(socket)
        }
        return leaving
    }

    /// A request's headers are there.
    mutating func asked(_ socket: Int32, at now: ContinuousClock.Instant) {
        entries[socket]?.movedAt = now
        entries[socket]?.hasAsked = true
    }

    /// The connection is being closed; its socket may soon be another's.
    mutating func closed(_ socket: Int32) { entries[socket] = nil }

    private func surplus() -> Int32? {
        let staying = entries.filter { !$0.value.isLeaving }
        guard staying.count > most else { return nil }
        let counts = Dictionary(staying.map { ($0.value.address, 1) }, uniquingKeysWith: +)
        let largest = counts.values.max()
        return staying.filter { counts[$0.value.address] == largest }
            .min { ($0.value.movedAt, $0.key) < ($1.value.movedAt, $1.key) }?.key
    }
}
