import Scheduling
import Synchronization
import System
import Testing

struct ThreadTests {
    private final class Note: Sendable {
        let text = Mutex("")
    }

    @Test func aThreadHasItsNameAndIsOverOnceJoined() throws {
        let note = Note()
        let thread = try PermanentThread(name: "slot 17 and more") {
            let name = FileContent.text("/proc/thread-self/comm")
            note.text.withLock { $0 = name }
        }
        thread.join()
        #expect(note.text.withLock { $0 } == "slot 17 and mor\n")
        thread.join()
    }

    @Test func aThreadThatHangsIsNotWaitedForLongerThanAskedFor() throws {
        let hold = try WakeDescriptor()
        let thread = try PermanentThread(name: "hangs") { _ = hold.wait(until: nil) }
        #expect(!thread.join(until: .now()))
        #expect(!thread.join(until: .now().adding(milliseconds: 10)))
        hold.signal()
        #expect(thread.join(until: .now().adding(milliseconds: 60_000)))
        #expect(thread.join(until: .now()))
    }

    @Test func whatABoundedCallHeldAndReturnedLivesOnlyAsLongAsItsCallerKeepsIt() {
        for _ in 0..<300 {
            var kept: (Note, Note)? = (Note(), Note())
            weak let captured = kept?.0
            weak let returned = kept?.1
            let soon = MonotonicTime.now().adding(milliseconds: 60_000)
            if let pair = kept {
                let (one, other) = pair
                kept = nil
                _ = BoundedCall.run("bounded", until: soon) { one.text.withLock { $0.isEmpty } ? other : one }
            }
            #expect(captured == nil && returned == nil)
        }
    }

    @Test func aBoundedCallThatHangsIsGivenUp() throws {
        let hold = try WakeDescriptor()
        #expect(BoundedCall.run("hangs", until: .now()) { hold.wait(until: nil) } == nil)
        hold.signal()
    }

    @Test func aSignalEndsAWaitInAnotherThread() throws {
        let wake = try WakeDescriptor()
        let thread = try PermanentThread(name: "signaller") { wake.signal() }
        #expect(wake.wait(until: soon()))
        thread.join()
    }

    @Test func manySignalsAreOneWake() throws {
        let wake = try WakeDescriptor()
        for _ in 0..<3 { wake.signal() }
        #expect(wake.wait(until: .now()))
        #expect(!wake.wait(until: .now()))
    }

    @Test func aWaitIsOverAtItsTimeAndNotBefore() throws {
        let wake = try WakeDescriptor()
        let until = MonotonicTime.now().adding(milliseconds: 30)
        #expect(!waitReadable(wake.descriptor, until: until))
        #expect(MonotonicTime.now() >= until)
    }
}
