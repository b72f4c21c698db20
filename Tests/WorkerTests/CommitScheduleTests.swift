import Glibc
import Scheduling
import System
import TestSupport
import Testing

@testable import Worker

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
            guard case .run(let coordinates) = book.take(partition: 0, offset: offset, digest: 1) else {
                throw Failure("it is not taken")
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

    @Test func aNodeThatWaitsForItsOldestStepDoesNotSpin() async throws {
        try await onOwnThread {
            let kafka = try TestKafka(partitions: 1)
            defer { kafka.close() }
            try kafka.submit([request("head", "sleep", #"{"ms":4000}"#)] + (0..<20).map { request("r\($0)") })
            let node = try NodeProcess(kafka, ["commit.intervalMs=50", "limits.memoryMB=64"])
            _ = try kafka.results(20)
            let before = try consumerSeconds(of: node.pid)
            _ = try kafka.results(21)
            let used = try consumerSeconds(of: node.pid) - before
            node.signal(SIGTERM)
            #expect(node.wait() == 0)
            #expect(used < 1, "the consumer thread used \(used) s of a processor in less than 4 s")
        }
    }

    /// Processor time of the thread named `consumer`.
    private func consumerSeconds(of pid: pid_t) throws -> Double {
        let threads = "/proc/\(pid)/task"
        for name in DirectoryEntries.list(threads) {
            let stat = FileContent.text("\(threads)/\(name)/stat")
            guard stat.contains("(consumer)"), let end = stat.lastIndex(of: ")") else { continue }
            let fields = stat[end...].split(separator: " ")
            guard fields.count > 13, let user = Double(fields[12]), let system = Double(fields[13]) else { continue }
            return (user + system) / Double(sysconf(Int32(_SC_CLK_TCK)))
        }
        throw Failure("the node has no consumer thread")
    }
}
