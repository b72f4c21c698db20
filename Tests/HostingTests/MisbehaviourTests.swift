import Glibc
import Hosting
import Scheduling
import System
import TestSupport
import Testing

extension HostingTests {
    @Suite(.serialized) struct MisbehaviourTests {
        let hosts: TestHosts

        init() throws {
            hosts = try TestHosts()
        }

        /// Runs one step on an offender, kills it, and asserts that only this step was lost.
        private func step(
            _ mode: String, _ argument: String = "", request: [UInt8] = [1, 2, 3],
            deadlineMs: Int = Patience.milliseconds
        ) throws -> (outcome: StepOutcome, exit: System.ExitStatus, milliseconds: Double) {
            let host = try hosts.ready(mode, argument)
            let start = MonotonicTime.now()
            let outcome = host.run(request, deadline: start.adding(milliseconds: deadlineMs))
            let milliseconds = MonotonicTime.now().milliseconds(since: start)
            let exit = host.kill()
            #expect(isGone(host.pid))
            try hosts.expectNextStepRuns()
            return (outcome, exit, milliseconds)
        }

        @Test(arguments: ["hang", "stop", "stubborn-step"])
        func aHostThatDoesNotAnswerIsOverdue(mode: String) throws {
            let (outcome, exit, milliseconds) = try step(mode, deadlineMs: 100)
            #expect(outcome.isTimedOut)
            #expect(exit == .signalled(SIGKILL))
            #expect(milliseconds >= 100)
        }

        @Test func aHostThatDripsIsOverdueHoweverMuchComes() throws {
            let (outcome, _, milliseconds) = try step("drip", deadlineMs: 150)
            #expect(outcome.isTimedOut)
            #expect(milliseconds >= 150)
        }

        @Test func aHostThatNeverReadsALargeRequestIsOverdue() throws {
            let request = [UInt8](repeating: 7, count: 4 << 20)
            let (outcome, _, milliseconds) = try step("deaf", request: request, deadlineMs: 100)
            #expect(outcome.isTimedOut)
            #expect(milliseconds >= 100)
        }

        @Test func endlessErrorOutputDoesNotHoldUpTheDeadline() throws {
            #expect(try step("endless-errors", deadlineMs: 100).outcome.isTimedOut)
        }

        @Test func anExitIsLostWithCodeAndLastWords() throws {
            let (outcome, exit, _) = try step("exit", "7")
            #expect(outcome.loss?.kind == .exited(code: 7))
            #expect(outcome.loss?.requestDelivered == true)
            #expect(outcome.loss?.errorOutput == "giving up\n")
            #expect(outcome.loss?.description == "the host exited with code 7; its last words: giving up")
            #expect(exit == .exited(code: 7))
        }

        @Test(arguments: [SIGKILL, SIGSEGV, SIGABRT])
        func aSignalIsLostWithItsNumber(signal: Int32) throws {
            let (outcome, exit, _) = try step("signal", String(signal))
            #expect(outcome.loss?.kind == .signalled(signal))
            #expect(exit == .signalled(signal))
        }

        @Test func garbageIsLostAsAFrameTooLong() throws {
            // "<htm" read as a little-endian length.
            #expect(try step("babble").outcome.loss?.kind == .frameTooLong(bytes: 0x6D74_683C))
        }

        @Test func anEmptyFrameIsBroken() throws {
            #expect(try step("empty-frame").outcome.loss?.kind == .brokenFrame("a frame without content"))
        }

        @Test func aReplyOfAHundredMegabytesIsNotReadToItsEnd() throws {
            #expect(try step("flood").outcome.loss?.kind == .frameTooLong(bytes: 100 << 20))
        }

        @Test func anEndlessLineIsNotReadToItsEnd() throws {
            var (host, outcome) = try floodedWithALine()
            // The offender's ready frame has a length in front, and no line feed: it becomes part of the line, or, where
            // it is there before the request is sent, nobody has asked for it.
            while case .spokeOutOfTurn = outcome.loss?.kind { (host, outcome) = try floodedWithALine() }
            guard case .frameTooLong(let bytes) = outcome.loss?.kind else {
                Issue.record("\(outcome)")
                return
            }
            #expect(bytes > HostFraming.maximumPayload && bytes < 2 * HostFraming.maximumPayload + (1 << 20))
            host.kill()
            #expect(isGone(host.pid))
        }

        private func floodedWithALine() throws -> (Host, StepOutcome) {
            let host = try hosts.spawn("flood-line", framing: .lines)
            return (host, host.run(Array("\u{1}\u{0}\u{0}\u{0}".utf8), deadline: soon()))
        }

        @Test(arguments: ["close-output", "close-both"])
        func aHostThatClosesItsOutputIsLostThoughAlive(mode: String) throws {
            let (outcome, exit, _) = try step(mode)
            #expect(outcome.loss?.kind == .closedOutput)
            #expect(exit == .signalled(SIGKILL))
        }

        @Test func aHostThatClosedItsInputHasNotGotTheNextRequest() throws {
            let host = try hosts.ready("close-input")
            #expect(host.run([1], deadline: soon()).reply == [1])
            let next = host.run([2], deadline: soon())
            #expect(next.loss?.kind == .closedInput)
            #expect(next.loss?.requestDelivered == false)
            host.kill()
        }

        @Test(arguments: ["grandchild", "daemon", "daemon-family"])
        func anExitIsSeenAlthoughAGrandchildHoldsThePipes(mode: String) throws {
            let (outcome, exit, _) = try step(mode, "5")
            #expect(outcome.loss?.kind == .exited(code: 5))
            #expect(exit == .exited(code: 5))
        }

        @Test func theSecondOfTwoRepliesIsNotTakenForTheNextOne() throws {
            let host = try hosts.ready("twice")
            #expect(host.run([1], deadline: soon()).reply == [1])
            let next = host.run([2], deadline: soon())
            #expect(next.loss?.kind == .spokeOutOfTurn(bytes: 5))
            #expect(next.loss?.requestDelivered == false)
            host.kill()
        }

        @Test func aReplyTooManyIsNoticedByAnIdleSlot() throws {
            let host = try hosts.ready("twice")
            #expect(host.run([1], deadline: soon()).reply == [1])
            let event = host.waitIdle(wake: try WakeDescriptor(), until: soon())
            #expect(event.loss?.kind == .spokeOutOfTurn(bytes: 5))
            host.kill()
        }

        @Test func aReplyBeforeDeathStillCountsAndTheNextRequestIsNotSpentOnTheDead() throws {
            let host = try hosts.ready("answer-and-exit", "4")
            #expect(host.run([9], deadline: soon()).reply == [9])
            let event = host.waitIdle(wake: try WakeDescriptor(), until: soon())
            #expect(event.loss?.kind == .exited(code: 4))
            #expect(host.run([9], deadline: soon()).loss?.requestDelivered == false)
            #expect(host.kill() == .exited(code: 4))
        }

        @Test func bytesThatAreNoUTF8ComeThroughAsTheyAre() throws {
            #expect(try step("invalid-utf8").outcome.reply == [0x22, 0xFF, 0xC0, 0x22])
        }

        @Test func aFloodedErrorOutputIsReadButNotKept() throws {
            let host = try hosts.ready("flood-errors")
            #expect(host.run([1], deadline: soon()).reply == [1])
            let lines = host.drainDiagnostics()
            #expect(lines.count == 101)
            #expect(lines.first == "line 0 of too many")
            #expect(lines.last?.hasPrefix("… and ") == true)
            host.kill()
        }

        @Test func aHostWithoutErrorOutputStillAnswers() throws {
            #expect(try step("close-errors").outcome.reply == [1, 2, 3])
        }
    }
}
