import Messages

/// The transactions of a node, one after the other: what waits for one, what is in it, and which call comes next.
///
///     closed → opening → idle → begun → adding offsets → committing → idle
///                                  any of them → aborting → idle, and what was in it waits again
///                                  any of them → closed, where the producer can do no more
///                                  committing → closed, unresolved → opening → asking → idle
///
/// Unresolved: nobody has said whether the broker has committed it. A new producer under the same transactional id has it
/// decided before anything else. Each transaction has a mark, which stands in the metadata of all its commits: what the
/// group has committed then tells which way. What the offsets say would not do, where a log has been cut.
///
/// It knows no ledger: what a commit says, and what of what waits is still this node's, is `NodeCore`'s to know.
struct Transactions: Sendable {
    /// A request with all its messages.
    struct Published: Sendable {
        let token: UInt64
        var parts: [(part: MessagePart, status: ResultStatus)] = []
        /// Of its messages.
        var bytes = 0

        /// Whether all that is to be published of it is there.
        var isWhole: Bool { parts.contains { $0.part == .result } || parts.count == 2 }
    }

    /// The transaction that is under way.
    struct Current: Sendable {
        let requests: [Published]
        let beganAt: MonotonicTime
        let mark: TransactionMark
        /// What it says to be committed, once its offsets are asked for.
        var parts: [PartitionCommit] = []
        /// It may be committed.
        var isCommitAsked = false
        /// Messages of it were refused for what they are.
        var hasRefusal = false
    }

    enum Stage: Equatable, Sendable {
        case closed, opening, idle, begun, addingOffsets, committing, aborting
        /// The group is asked what it has committed, under this number; again from that time on.
        case asking(number: UInt64, again: MonotonicTime?)
    }

    /// What the time has come for.
    enum Due: Equatable, Sendable {
        case call(TransactionCall)
        case begin
        case ask
    }

    let settings: TransactionSettings
    private(set) var stage = Stage.closed
    private(set) var current: Current?
    /// What waits, in the order it was published in.
    private(set) var waiting: [UInt64] = []
    private var published: [UInt64: Published] = [:]
    private(set) var waitingBytes = 0
    /// The call that has no answer yet.
    private(set) var asked: (number: UInt64, call: TransactionCall)?
    private var lastNumber: UInt64 = 0
    private var nextMark: UInt64
    /// Nothing is asked before.
    private var notBefore = MonotonicTime(nanoseconds: 0)
    /// When the call that is asked over and over was asked first.
    private var triedSince: MonotonicTime?
    /// The last call was asked before and had no decision.
    private(set) var isTriedAgain = false
    private var lastBegan: MonotonicTime?
    /// How many requests the next one may have: half as many after one of which messages were refused, so that what is
    /// refused is alone soon and nothing is passed by anything else.
    private var mostRequests = Int.max
    private var abortsInRow = 0

    private static let againMs = 50
    private static let reopenMs = 1000

    init(_ settings: TransactionSettings) {
        self.settings = settings
        nextMark = settings.firstMark.value
    }

    /// Whether one is under way; without a producer that is one of which nobody knows what became.
    var isBusy: Bool { current != nil }

    // MARK: What waits

    /// A message of a request is there.
    mutating func publish(_ token: UInt64, _ part: MessagePart, _ status: ResultStatus, bytes: Int) {
        // What was refused is there in another form.
        if let before = published[token], before.parts.contains(where: { $0.part == part }) { return }
        published[token, default: Published(token: token)].parts.append((part, status))
        published[token]?.bytes += bytes
        guard published[token]?.isWhole == true else { return }
        waiting.append(token)
        waitingBytes += published[token]?.bytes ?? 0
    }

    /// Takes what the next transaction may have, the first that waits.
    mutating func takeWaiting() -> [Published] {
        var (taken, bytes) = ([Published](), 0)
        for token in waiting {
            guard let request = published[token], taken.count < mostRequests,
                taken.isEmpty || bytes + request.bytes <= settings.mostBytes
            else { break }
            taken.append(request)
            bytes += request.bytes
        }
        waiting.removeFirst(taken.count)
        waitingBytes -= bytes
        for request in taken { published[request.token] = nil }
        return taken
    }

    /// These wait no more.
    mutating func drop(_ gone: Set<UInt64>) {
        waiting.removeAll(where: gone.contains)
        for token in gone { waitingBytes -= published.removeValue(forKey: token)?.bytes ?? 0 }
    }

    /// What was in a transaction that came to nothing comes before all that was published later.
    private mutating func putBack(_ requests: [Published]) {
        waiting.insert(contentsOf: requests.map(\.token), at: 0)
        for request in requests {
            published[request.token] = request
            waitingBytes += request.bytes
        }
    }

    // MARK: What is next

    /// - Parameters:
    ///   - hasNews: there is something to commit beside what waits.
    ///   - isHurried: partitions are on their way out, or the node ends: nothing is waited for.
    func due(hasNews: Bool, isHurried: Bool, at now: MonotonicTime) -> Due? {
        guard asked == nil, let time = dueTime(hasNews: hasNews, isHurried: isHurried), now >= time else { return nil }
        switch stage {
        // Whatever an earlier one has said, a new one decides.
        case .closed: return .call(.open(isNew: true))
        case .opening: return .call(.open(isNew: false))
        case .idle: return .begin
        case .addingOffsets: return .call(.addOffsets(current?.parts ?? []))
        case .committing: return .call(.commit)
        case .aborting: return .call(.abort)
        case .asking: return .ask
        case .begun: return nil
        }
    }

    /// When `due` has something, if nothing else happens; nil: not before something does.
    func dueTime(hasNews: Bool, isHurried: Bool) -> MonotonicTime? {
        guard asked == nil else { return nil }
        switch stage {
        case .asking(_, let again): return again
        case .begun: return nil
        case .idle:
            guard hasNews || !waiting.isEmpty else { return nil }
            let isEnough = waiting.count >= settings.enoughRequests || waitingBytes >= settings.mostBytes / 2
            guard !isHurried, !isEnough, let lastBegan else { return notBefore }
            return max(notBefore, lastBegan.adding(milliseconds: settings.intervalMs))
        case .closed, .opening, .addingOffsets, .committing, .aborting: return notBefore
        }
    }

    // MARK: Calls and answers

    mutating func begin(_ requests: [Published], at now: MonotonicTime) {
        current = Current(requests: requests, beganAt: now, mark: TransactionMark(nextMark))
        nextMark &+= 1
        lastBegan = now
        stage = .begun
    }

    mutating func addOffsets(_ parts: [PartitionCommit]) {
        current?.parts = parts
        stage = .addingOffsets
    }

    mutating func noteAsked(_ call: TransactionCall, at now: MonotonicTime) -> UInt64 {
        if case .open = call { stage = .opening }
        if call == .commit { current?.isCommitAsked = true }
        isTriedAgain = triedSince != nil
        lastNumber += 1
        asked = (lastNumber, call)
        triedSince = triedSince ?? now
        return lastNumber
    }

    /// - Returns: the call that was answered; nil where none was asked under that number.
    mutating func takeAsked(_ number: UInt64) -> TransactionCall? {
        guard let asked, asked.number == number else { return nil }
        self.asked = nil
        return asked.call
    }

    /// Whether the call that has had no decision has been tried for as long as a transaction may take.
    func isOutOfPatience(at now: MonotonicTime) -> Bool {
        triedSince.map { now.milliseconds(since: $0) >= Double(settings.timeoutMs) } ?? false
    }

    /// Whether the broker may have ended the transaction by itself.
    func mayHaveTimedOut(at now: MonotonicTime) -> Bool {
        current.map { now.milliseconds(since: $0.beganAt) >= Double(settings.timeoutMs) } ?? false
    }

    /// The call was done: another comes next.
    mutating func goOn(to next: Stage) {
        triedSince = nil
        notBefore = MonotonicTime(nanoseconds: 0)
        stage = next
    }

    mutating func tryAgain(after now: MonotonicTime) { notBefore = now.adding(milliseconds: Self.againMs) }

    /// The producer is of no use any more.
    ///
    /// - Parameter isUnresolved: it may have committed the transaction. Else that is over, and what was in it waits again.
    mutating func close(isUnresolved: Bool, at now: MonotonicTime) {
        goOn(to: .closed)
        notBefore = now.adding(milliseconds: Self.reopenMs)
        if !isUnresolved { fail() }
    }

    mutating func noteRefusal() { current?.hasRefusal = true }

    /// The transaction is aborted: what was in it waits again.
    mutating func noteAborted(at now: MonotonicTime) {
        goOn(to: .idle)
        let hasRefusal = current?.hasRefusal == true
        fail()
        guard !hasRefusal else { return }
        // Whatever it was may be over soon: 100, 200, … 1,000 ms.
        abortsInRow = min(abortsInRow + 1, 10)
        notBefore = now.adding(milliseconds: 100 * abortsInRow)
    }

    private mutating func fail() {
        if let current {
            putBack(current.requests)
            if current.hasRefusal {
                mostRequests = max(1, current.requests.count / 2)
                lastBegan = nil
            }
        }
        current = nil
    }

    /// The transaction is there.
    mutating func takeCommitted() -> Current? {
        defer { current = nil }
        goOn(to: .idle)
        abortsInRow = 0
        mostRequests = mostRequests > Int.max / 2 ? .max : mostRequests * 2
        return current
    }

    /// The unresolved one is not there.
    mutating func noteNotCommitted() {
        goOn(to: .idle)
        fail()
    }
}
