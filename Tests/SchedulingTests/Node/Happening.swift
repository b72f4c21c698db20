/// What a run of the model is to have had in it: what never happens proves nothing.
enum Happening: Int, CaseIterable {
    case pause, takenOfKept, commit, commitRefused, crash, kick, end
    case logChanged, logCutAboveCommit, logFoundChanged, metadataUnknown
    case leaderMove, highWatermarkBehind, resultLeaderMove, coordinatorMove, commitHeld
    case runAgain, writtenAhead, takenBack, followedInLane, waitedInLane, delayed, failureRemembered, cancelled,
        cancelledRunning
    case transactionCommitted, transactionAborted, transactionFenced, transactionRefused, transactionTimedOut,
        transactionUnresolved
}
