package import Messages

/// The requests that are taken from Kafka and not done, by token: the only count of what is in flight, in number and in
/// bytes.
///
/// A record comes in by `take`, and `plan` says what request it is. It leaves by one of two ways: `acknowledge`, when
/// all its messages are where they belong, and then its offset is done; or `abandon`, and then it stays not done. What
/// has left answers to its token no more, so that a way out that is taken twice, or after the other, changes nothing.
///
/// Owned by the thread that takes and acknowledges.
///
/// A slab: a token holds a place, which is used again, and the number of the take, which is not. So a place answers to
/// none of its earlier tokens, and of two tokens the larger is that of the request taken later.
package struct InFlightTable: Sendable {
    private struct Entry: Sendable {
        let token: UInt64
        let coordinates: RequestCoordinates
        let digest: UInt64
        let bytes: Int
        /// nil from `take` to `plan`.
        var request: InFlightRequest?
        /// When it was first seen to have its result and no acknowledgement.
        var unacknowledgedSince: MonotonicTime?
    }

    /// A request that has just become done.
    package struct Done: Sendable {
        package let coordinates: RequestCoordinates
        package let digest: UInt64
        package let request: InFlightRequest
    }

    /// In bits.
    private static let placeWidth = 20
    /// In 59 bits: the 64 that a delivery report hands back also say which message it was and what its result was.
    package static let largestToken: UInt64 = 1 << 59 - 1
    /// No more requests than these can be in flight.
    package static let mostRequests = 1 << placeWidth

    package private(set) var load = InFlightLoad()
    private var entries: [Entry?] = []
    private var freePlaces: [Int] = []
    private var counts: [Int32: Int] = [:]
    private var lastNumber: UInt64 = 0

    package init() {}

    package var isEmpty: Bool { load.count == 0 }

    /// How many are in flight of a partition, whichever assignment of it they were taken under.
    package func count(of partition: Int32) -> Int { counts[partition] ?? 0 }

    /// The request of a token; nil where it is not in flight.
    package subscript(token: UInt64) -> InFlightRequest? { index(of: token).flatMap { entries[$0]?.request } }

    /// Which record a token is for; nil where that is not in flight.
    func place(of token: UInt64) -> (coordinates: RequestCoordinates, digest: UInt64)? {
        index(of: token).flatMap { entries[$0] }.map { ($0.coordinates, $0.digest) }
    }

    /// Of the record of a token; nil where that is not in flight.
    func digest(of token: UInt64) -> UInt64? { index(of: token).flatMap { entries[$0]?.digest } }

    // MARK: In

    /// A record is taken, to be run or refused. At most `mostRequests` may be in flight, which is more than the node's
    /// bound can be.
    ///
    /// - Parameters:
    ///   - digest: of the record, for the ledger.
    ///   - bytes: of the record.
    /// - Returns: what names the request until it leaves.
    package mutating func take(_ coordinates: RequestCoordinates, digest: UInt64, bytes: Int) -> UInt64 {
        let place = freePlaces.popLast() ?? entries.count
        precondition(place < Self.mostRequests, "more requests are in flight than a token can name")
        // After 5 * 10^11 takes the numbers begin again: no token of so long ago is in use, and of a deadlock between a
        // step from before and one from after, the older is the victim.
        lastNumber = lastNumber < Self.largestToken >> Self.placeWidth ? lastNumber + 1 : 1
        let token = lastNumber << Self.placeWidth | UInt64(place)
        let entry = Entry(token: token, coordinates: coordinates, digest: digest, bytes: bytes)
        if place < entries.count { entries[place] = entry } else { entries.append(entry) }
        load.count += 1
        load.bytes += bytes
        counts[coordinates.partition, default: 0] += 1
        return token
    }

    /// Says what a record that was taken asks for, and so what messages are to come of it.
    package mutating func plan(_ request: InFlightRequest) {
        guard let place = index(of: request.token) else { return }
        entries[place]?.request = request
    }

    // MARK: Out

    /// A message of a request is acknowledged, or given up as one that no topic takes.
    ///
    /// - Parameter status: of the result that it is.
    /// - Returns: the request, where that makes it done: it is no longer in flight.
    package mutating func acknowledge(_ token: UInt64, _ part: MessagePart, _ status: ResultStatus) -> Done? {
        guard let place = index(of: token), entries[place]?.request?.acknowledge(part, status) == true,
            let entry = remove(place), let request = entry.request
        else { return nil }
        return Done(coordinates: entry.coordinates, digest: entry.digest, request: request)
    }

    /// The request is not done here: its partition was given up, or the node ends. Its offset stays not done.
    package mutating func abandon(_ token: UInt64) {
        if let place = index(of: token) { _ = remove(place) }
    }

    private mutating func remove(_ place: Int) -> Entry? {
        guard let entry = entries[place].take() else { return nil }
        freePlaces.append(place)
        load.count -= 1
        if !PlantedBug.losesBytes.isPlanted { load.bytes -= entry.bytes }
        let left = count(of: entry.coordinates.partition) - 1
        counts[entry.coordinates.partition] = left > 0 ? left : nil
        return entry
    }

    private func index(of token: UInt64) -> Int? {
        let place = Int(token & UInt64(Self.mostRequests - 1))
        return place < entries.count && entries[place]?.token == token ? place : nil
    }

    // MARK: Messages

    /// The form that follows on the one of a message that was refused; nil where none is left, or the request is gone.
    package mutating func nextForm(of token: UInt64, _ part: MessagePart) -> MessageForm? {
        guard let place = index(of: token) else { return nil }
        return entries[place]?.request?.nextForm(part)
    }

    /// Since when results wait for their acknowledgement, as the caller sees it when it looks, every second: what is
    /// acknowledged between two looks costs nothing.
    ///
    /// - Parameter notEnded: the tokens of requests that have no result yet.
    /// - Returns: since when the oldest waits; nil where none does.
    package mutating func oldestUnacknowledged(notEnded: Set<UInt64>, at now: MonotonicTime) -> MonotonicTime? {
        var oldest: MonotonicTime?
        for place in entries.indices {
            guard let token = entries[place]?.token else { continue }
            let since = notEnded.contains(token) ? nil : entries[place]?.unacknowledgedSince ?? now
            entries[place]?.unacknowledgedSince = since
            if let since { oldest = min(oldest ?? since, since) }
        }
        return oldest
    }

    // MARK: What an observer asks

    /// The request of each partition that holds its commit back: the one with the lowest offset. Looks at everything in
    /// flight.
    package var lowest: [Int32: InFlightRequest] {
        var found: [Int32: (offset: Int64, place: Int)] = [:]
        for place in entries.indices {
            guard let coordinates = entries[place]?.coordinates,
                coordinates.offset < found[coordinates.partition]?.offset ?? .max
            else { continue }
            found[coordinates.partition] = (coordinates.offset, place)
        }
        return found.compactMapValues { entries[$0.place]?.request }
    }
}
