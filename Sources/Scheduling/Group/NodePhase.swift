/// How far the node's end has come: take nothing new → finish what runs → give the rest up → commit → leave the group.
package enum NodePhase: Equatable, Sendable {
    case running
    /// What runs may finish until then.
    case draining(until: MonotonicTime)
    /// What is done is committed; it leaves when that is answered, or then.
    case committing(until: MonotonicTime)
    /// It leaves the group.
    case leaving(until: MonotonicTime)
    case ended

    /// Whether what becomes done is committed every so often. After that there is one last commit.
    var commitsWhatIsDone: Bool {
        switch self {
        case .running, .draining: true
        case .committing, .leaving, .ended: false
        }
    }

    /// When the phase is over, whatever has not happened by then.
    package var deadline: MonotonicTime? {
        switch self {
        case .running, .ended: nil
        case .draining(let until), .committing(let until), .leaving(let until): until
        }
    }
}
