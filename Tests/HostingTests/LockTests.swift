import Glibc
import Hosting
import Scheduling
import System
import Testing

extension HostingTests {
    @Suite struct LockTests {
        /// Answers as the test says, and remembers what it was asked.
        private final class Answers: LockArbiter {
            let wake: WakeDescriptor
            var verdicts: [LockVerdict]
            var asked: [[String]] = []
            var released: [[String]] = []

            init(_ verdicts: LockVerdict...) throws {
                wake = try WakeDescriptor()
                self.verdicts = verdicts
            }

            func demand(_ names: [String]) -> LockVerdict {
                asked.append(names)
                return verdict()
            }

            /// The last one stays.
            func verdict() -> LockVerdict { verdicts.count > 1 ? verdicts.removeFirst() : verdicts[0] }
            func release(_ names: [String]) { released.append(names) }
        }

        private func run(_ script: String, _ answers: Answers, patienceMs: Int = 10_000) throws -> StepOutcome {
            let hosts = try TestHosts()
            let host = try hosts.ready("locker")
            host.arbiter = answers
            let request = #"{"request_id":"1","strategy":{"name":"noop"},"labels":{"script":"\#(script)"}}"#
            let outcome = host.run(Array(request.utf8), deadline: .now().adding(milliseconds: patienceMs))
            if outcome.reply != nil {
                // It is fit for the next one.
                let next = Array(#"{"request_id":"2","strategy":{"name":"noop"}}"#.utf8)
                #expect(host.run(next, deadline: soon()).reply == Array(#"{"status":"completed"}"#.utf8))
            }
            host.kill()
            return outcome
        }

        @Test func onlyTheReplyEndsTheStep() throws {
            let answers = try Answers(.granted)
            let outcome = try run("lock a,b;unlock a;lock c", answers)
            #expect(outcome.reply == Array(#"{"status":"completed"}"#.utf8))
            #expect(answers.asked == [["a", "b"], ["c"]])
            #expect(answers.released == [["a"]])
        }

        @Test func aHostThatNobodyWakesDoesNotLookAgain() throws {
            let answers = try Answers(.waits, .waits, .granted)
            answers.wake.signal()
            #expect(try run("lock a", answers, patienceMs: 300).isTimedOut)
            #expect(answers.verdicts == [.granted])
        }

        @Test func aWakeMakesItLookAgain() throws {
            let answers = try Answers(.waits, .granted)
            answers.wake.signal()
            #expect(try run("lock a", answers).reply != nil)
        }

        @Test func theDeadlineCountsWhileAHostWaits() throws {
            #expect(try run("lock a", try Answers(.waits), patienceMs: 100).isTimedOut)
        }

        @Test func aVictimIsGivenUpAtOnce() throws {
            #expect(try run("lock a", try Answers(.broken)).loss?.kind == .ended)
        }

        @Test func aDemandThatIsRefusedIsABrokenProtocol() throws {
            #expect(try run("lock a", try Answers(.refused("too many"))).loss?.kind == .brokenFrame("too many"))
        }

        @Test func aHostThatSpeaksWhileItWaitsIsLost() throws {
            let outcome = try run(
                #"say {\"lock\":[\"a\"]};wait 50;say {\"status\":\"completed\"}"#, try Answers(.waits))
            guard case .spokeOutOfTurn = outcome.loss?.kind else { return #expect(Bool(false), "\(outcome)") }
        }

        @Test func halfADemandIsABrokenProtocol() throws {
            let outcome = try run(#"say {\"lock\":[]}"#, try Answers(.granted))
            guard case .brokenFrame = outcome.loss?.kind else { return #expect(Bool(false), "\(outcome)") }
        }

        @Test func aHostThatDiesWhileItWaitsIsSeenAtOnce() throws {
            let outcome = try run(#"say {\"lock\":[\"a\"]};exit"#, try Answers(.waits))
            #expect(outcome.loss?.kind == .exited(code: 3))
        }
    }
}
