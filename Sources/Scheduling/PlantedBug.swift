/// Bugs that a test plants, to see that the simulation of the whole node finds them: each is one line where it belongs.
/// Only debug builds have them.
package enum PlantedBug: String, CaseIterable, Sendable {
    /// A commit passes the lowest offset that is not done.
    case commitsOneTooFar
    /// The answer to a commit of an earlier assignment counts for this one.
    case forgetsGeneration
    /// The answer to an older commit is taken for that to the newer.
    case takesOlderAnswer
    /// A done map counts, whichever log it is of.
    case believesForeignMap
    /// A commit passes what was passed over because of a map that nobody has seen to be of this log.
    case commitsClaims
    /// What earlier assignments have done is left out of the commits of this one.
    case forgetsClaims
    /// Records are taken before it is known what is done of them.
    case takesWhileAssigning
    /// A log that has changed is not read again from where records were passed over.
    case doesNotSeek
    /// A log that seems to end before what was done of it is another at once.
    case believesEarlyEnd
    /// The client's old position counts while it is told to read again.
    case believesOldPosition
    /// A request counts as done with the first of its two messages.
    case acknowledgesHalf
    /// The acknowledgement of a request whose partition is on its way out is dropped.
    case dropsAcknowledgementOfRevoked
    /// A partition that comes in is resumed, whether it is paused or not.
    case resumesWhatIsNotPaused
    /// A partition is paused while something of it is on its way.
    case pausesWhatIsComing
    /// A partition that is to be read again from an earlier offset is paused before that has been heard of.
    case pausesWhatRewinds
    /// A partition of which all is used up that was kept stays paused.
    case staysPaused
    /// What is queued of a partition that is taken back stays queued.
    case keepsQueuedOfRevoked
    /// What runs of a partition that is given up goes on.
    case keepsRunningOfRevoked
    /// A node that leaves does not answer the revocation that is under way.
    case leavesRevocationUnanswered
    /// Partitions that are lost are kept until their time is over.
    case waitsForLost
    /// A step that was lost once is written behind another.
    case writesAheadWhatWasLost
    /// Who queues steps wakes nobody.
    case wakesNobody
    /// A step that leaves the queue keeps its place.
    case losesAPlace
    /// What slots let go of stays in flight.
    case forgetsAbandoned
    /// Of a request that leaves, the bytes stay in flight.
    case losesBytes
    /// A step is written behind others, whoever has those that come before it in its lane.
    case passesInLane
    /// Of the queued steps of a lane, any may be the next.
    case forgetsOrderInLane
    /// A lane stays closed when its step has ended.
    case keepsLaneClosed
    /// What waits for its next run of a partition that is taken back goes on waiting.
    case keepsDelayedOfRevoked
    /// Nobody is woken when the time of a step's next run has come.
    case forgetsDelayed
    /// A commit does not say how often what it leaves undone has failed.
    case forgetsFailures
    /// Others of its lane pass a step that waits for its next run.
    case opensLaneOfDelayed
    /// What was cancelled before it was taken runs.
    case runsWhatIsCancelled
    /// A slot whose host the node ended runs the step there again.
    case runsAgainWhatWasGivenUp
    /// A result whose partition is another node's goes into a transaction.
    case publishesWhatIsOthers
    /// A transaction has the results, and not what is done with them.
    case publishesWithoutOffsets
    /// A transaction is committed whose partitions have left, or have another log.
    case commitsWhatHasLeft
    /// A transaction whose commit had no answer is taken for aborted.
    case takesUnknownForAborted
    /// It is taken for committed.
    case takesUnknownForCommitted

    #if DEBUG
        @TaskLocal package static var planted: PlantedBug?
        package static let canBePlanted = true
        @inline(__always) var isPlanted: Bool { Self.planted == self }
    #else
        package static let canBePlanted = false
        @inline(__always) var isPlanted: Bool { false }
    #endif
}
