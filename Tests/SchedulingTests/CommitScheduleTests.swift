import Testing

@testable import Scheduling

@Suite struct CommitScheduleTests {
    private var schedule = CommitSchedule()

    @Test mutating func nothingIsDueWhereWhatIsDoneCannotBeCommitted() {
        schedule.noteDone()
        #expect(schedule.nextDeadline(intervalMs: 1000) != nil)
        schedule.noteNothing()
        #expect(schedule.nextDeadline(intervalMs: 1000) == nil)
        schedule.noteDone()
        #expect(schedule.nextDeadline(intervalMs: 1000) != nil)
    }

    @Test mutating func aCommitThatIsRefusedIsDueAgainAnIntervalLater() {
        schedule.noteDone()
        let number = schedule.noteSent([], at: MonotonicTime(nanoseconds: 0))
        #expect(schedule.nextDeadline(intervalMs: 1000) == nil)
        _ = schedule.noteAnswered(number, again: true)
        #expect(schedule.nextDeadline(intervalMs: 1000) == MonotonicTime(nanoseconds: 1_000_000_000))
    }

    @Test mutating func eachAnswerIsThatOfItsOwnCommit() throws {
        var book = LedgerBook()
        book.assign([0], at: MonotonicTime(nanoseconds: 0))
        for offset in Int64(0)..<2 {
            guard case .run(let coordinates, _) = book.take(partition: 0, offset: offset, digest: 1) else {
                Issue.record("it is not taken")
                return
            }
            book.done(coordinates, digest: 1)
            _ = schedule.noteSent(book.commits(), at: MonotonicTime(nanoseconds: 0))
        }
        #expect(schedule.noteAnswered(2, again: false).map(\.position.value) == [2])
        // A revocation that waits for its commit goes on waiting while another is on its way.
        #expect(schedule.isPending)
        #expect(schedule.noteAnswered(1, again: false).map(\.position.value) == [1])
        #expect(schedule.noteAnswered(1, again: false).isEmpty && !schedule.isPending)
    }
}
