/// What a node has of its group's partitions: one value, and a function for each way from one state to another.
///
///     unassigned → assigning → owned → revoking → owned or unassigned
///                          any of them → leaving
///
/// Assigning is owning: the partitions are read from the broker, but nothing is taken of one until it is known what its
/// last commit says to be done above its offset.
package enum GroupState: Sendable {
    /// Nothing is ours.
    case unassigned
    case owned(Ownership)
    case revoking(Ownership, Revocation)
    /// The node leaves the group: what is taken back is given up at once.
    case leaving(Ownership)

    package struct Ownership: Sendable {
        package fileprivate(set) var partitions: Set<Int32> = []
        /// What is asked of the group's commits; the partitions named are those that are being assigned.
        fileprivate(set) var questions: [CommitQuestion] = []

        fileprivate mutating func lose(_ lost: Set<Int32>) {
            partitions.subtract(lost)
            for index in questions.indices { questions[index].partitions.subtract(lost) }
            questions.removeAll(where: \.partitions.isEmpty)
        }
    }

    package var ownership: Ownership {
        get {
            switch self {
            case .unassigned: Ownership()
            case .owned(let ownership), .revoking(let ownership, _), .leaving(let ownership): ownership
            }
        }
        set {
            switch self {
            case .unassigned, .owned: self = newValue.partitions.isEmpty ? .unassigned : .owned(newValue)
            case .revoking(_, let revocation): self = .revoking(newValue, revocation)
            case .leaving: self = .leaving(newValue)
            }
        }
    }

    var revocation: Revocation? {
        if case .revoking(_, let revocation) = self { revocation } else { nil }
    }

    package var isLeaving: Bool {
        if case .leaving = self { true } else { false }
    }

    /// Partitions of which nothing is taken: they are on their way out, or it is not known yet what is done of them.
    var untakeable: Set<Int32> {
        let leaving = revocation?.partitions ?? []
        if ownership.questions.isEmpty || PlantedBug.takesWhileAssigning.isPlanted { return leaving }
        return ownership.questions.reduce(into: leaving) { $0.formUnion($1.partitions) }
    }

    // MARK: Transitions

    /// - Parameter isCooperative: the partitions come to those that are ours; else they are all.
    mutating func assign(_ question: CommitQuestion, isCooperative: Bool) {
        if !isCooperative { ownership = Ownership() }
        var new = ownership
        // What came before under these names is another assignment.
        new.lose(question.partitions)
        new.partitions.formUnion(question.partitions)
        if !question.partitions.isEmpty { new.questions.append(question) }
        ownership = new
    }

    /// What a question is about is answered, or given up: these partitions are owned from now on.
    mutating func settle(_ question: CommitQuestion) {
        ownership.questions.removeAll { $0.number == question.number }
    }

    /// The question has had no answer: it is asked once more, as another.
    mutating func repeatLater(_ number: UInt64, at time: MonotonicTime) {
        for index in ownership.questions.indices where ownership.questions[index].number == number {
            ownership.questions[index].askedAgainAt = time
        }
    }

    mutating func ask(_ number: UInt64, insteadOf old: UInt64) {
        for index in ownership.questions.indices where ownership.questions[index].number == old {
            ownership.questions[index].number = number
            ownership.questions[index].askedAgainAt = nil
        }
    }

    /// Partitions are taken back. Those that are on their way out already stay so.
    mutating func revoke(_ partitions: Set<Int32>, until deadline: MonotonicTime) {
        let before = revocation
        self = .revoking(
            ownership, Revocation(partitions: partitions.union(before?.partitions ?? []), deadline: deadline))
    }

    mutating func commitRevoked(until deadline: MonotonicTime) {
        guard case .revoking(let ownership, var revocation) = self else { return }
        revocation.isCommitting = true
        revocation.deadline = deadline
        self = .revoking(ownership, revocation)
    }

    /// These partitions are given up, all of them where the group works eagerly.
    mutating func giveUp(_ partitions: Set<Int32>, isCooperative: Bool) {
        var left = ownership
        if isCooperative { left.lose(partitions) } else { left = Ownership() }
        self = isLeaving ? .leaving(left) : left.partitions.isEmpty ? .unassigned : .owned(left)
    }

    mutating func leave() { self = .leaving(ownership) }
}

/// Partitions on their way out: draining → committing → given up, one turn at a time.
package struct Revocation: Sendable {
    package fileprivate(set) var partitions: Set<Int32>
    fileprivate(set) var isCommitting = false
    /// When the next stage comes, whatever has not happened by then.
    fileprivate(set) var deadline: MonotonicTime

    fileprivate init(partitions: Set<Int32>, deadline: MonotonicTime) {
        self.partitions = partitions
        self.deadline = deadline
    }
}

/// Asks the group what it has committed of partitions that were assigned.
struct CommitQuestion: Sendable {
    var number: UInt64
    var partitions: Set<Int32>
    /// When the partitions are read without an answer; nil: never.
    let patience: MonotonicTime?
    /// Set where it has had no answer.
    var askedAgainAt: MonotonicTime?
}
