import Glibc
import Scheduling
import System
import TestSupport
import Testing

@testable import Hosting

extension HostingTests {
    @Suite(.serialized) struct PipeliningTests {
        let hosts: TestHosts

        init() throws {
            hosts = try TestHosts()
        }

        private func bytes(_ words: [String]) -> [[UInt8]] { words.map { Array($0.utf8) } }

        @Test func answersComeInTheOrderOfTheRequests() throws {
            let host = try hosts.ready("echo-until")
            for round in 0..<50 {
                let requests = bytes((0..<16).map { "\(round)-\($0)" })
                #expect(host.submit(requests) == nil)
                for (index, request) in requests.enumerated() {
                    #expect(host.framesUnderWay == 16 - index)
                    #expect(host.awaitNext(until: soon()).reply == request)
                }
                #expect(host.framesUnderWay == 0 && !host.hasReply)
            }
            #expect(host.end(graceMs: Patience.milliseconds) == .exited(code: 0))
        }

        @Test func moreMayBeWrittenWhileSomeAreUnderWay() throws {
            let host = try hosts.ready("echo-until")
            #expect(host.submit(bytes(["a", "b"])) == nil)
            #expect(host.awaitNext(until: soon()).reply == Array("a".utf8))
            #expect(host.submit(bytes(["c"])) == nil)
            #expect(host.awaitNext(until: soon()).reply == Array("b".utf8))
            #expect(host.awaitNext(until: soon()).reply == Array("c".utf8))
            host.kill()
        }

        @Test func aHostThatDiesHasAnsweredWhatItHadDoneBefore() throws {
            let host = try hosts.ready("echo-until")
            #expect(host.submit(bytes(["a", "b", "die", "c"])) == nil)
            #expect(host.awaitNext(until: soon()).reply == Array("a".utf8))
            #expect(host.awaitNext(until: soon()).reply == Array("b".utf8))
            let loss = try #require(host.awaitNext(until: soon()).loss)
            #expect(loss.kind == .signalled(SIGKILL) && loss.requestDelivered)
            #expect(host.submit(bytes(["d"])) != nil)
            host.kill()
        }

        @Test func aDeadlineIsThatOfTheStepThatIsWaitedFor() throws {
            let host = try hosts.ready("echo-until")
            #expect(host.submit(bytes(["a", "hang", "b"])) == nil)
            #expect(host.awaitNext(until: soon()).reply == Array("a".utf8))
            #expect(host.awaitNext(until: .now().adding(milliseconds: 50)).isTimedOut)
            #expect(host.submit(bytes(["c"])) != nil)
            host.kill()
        }

        @Test func stepsThatEndUnseenShareTheirTimeAndTheirProcessorTime() throws {
            let host = try hosts.ready("echo-until")
            let start = MonotonicTime.now()
            #expect(host.submit(bytes(["burn", "a", "burn", "b"])) == nil)
            // All of them have ended before the node looks.
            let patience = soon()
            while host.reader.wholeFrames < 4, patience.nanosecondsLeft() > 0 {
                _ = waitReadable(host.process.output, until: patience)
                _ = host.reader.receive(from: host.process.output)
            }
            var ended = start
            var cpuMs = 0.0
            for index in 0..<4 {
                #expect(host.awaitNext(until: soon()).reply != nil)
                #expect(host.hasReply == (index < 3))
                #expect(index == 0 ? host.span.began >= start : host.span.began == ended)
                ended = host.span.ended
                #expect(host.usage.cpuMs >= 10 && host.usage.cpuMs < 20)
                cpuMs += host.usage.cpuMs
            }
            #expect(cpuMs >= 40 && cpuMs < 60)
            #expect(ended <= .now() && ended.milliseconds(since: start) >= 40)
            // Nothing is under way: the monitor need not look at it.
            #expect(!host.watch.isBusy)
            host.kill()
        }

        @Test func aLaterWriteThatFailsLeavesTheRepliesThatAreThere() throws {
            let host = try hosts.ready("echo-until")
            #expect(host.submit(bytes(["a", "b", "die"])) == nil)
            #expect(host.process.handle.awaitEnd(until: soon()))
            #expect(host.awaitNext(until: soon()).reply == Array("a".utf8))
            #expect(host.submit(bytes(["c"])) == nil)
            #expect(host.awaitNext(until: soon()).reply == Array("b".utf8))
            #expect(host.awaitNext(until: soon()).loss?.kind == .signalled(SIGKILL))
            host.kill()
        }
    }
}
