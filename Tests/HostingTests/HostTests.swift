import Glibc
import Hosting
import Scheduling
import System
import TestSupport
import Testing

extension HostingTests {
    @Suite(.serialized) struct HostTests {
        let hosts: TestHosts

        init() throws {
            hosts = try TestHosts()
        }

        @Test func answersManyStepsInTurn() throws {
            let host = try hosts.ready("echo")
            for step in 0..<1000 {
                let request = Array("step \(step)".utf8)
                #expect(host.run(request, deadline: soon()).reply == request)
            }
            #expect(host.end(graceMs: Patience.milliseconds) == .exited(code: 0))
            #expect(isGone(host.pid))
        }

        @Test(arguments: [1, 65_531, 65_532, 65_533, 1 << 20, HostFraming.maximumPayload])
        func carriesPayloadsUpToTheBound(bytes: Int) throws {
            let host = try hosts.ready("echo")
            let request = (0..<bytes).map { UInt8(truncatingIfNeeded: $0 &* 31) }
            #expect(host.run(request, deadline: soon()).reply == request)
            #expect(host.run([5], deadline: soon()).reply == [5])
            #expect(host.end(graceMs: Patience.milliseconds) == .exited(code: 0))
        }

        @Test func aRequestBeyondTheBoundEndsTheHostWithAReason() throws {
            let host = try hosts.ready("echo")
            let outcome = host.run([UInt8](repeating: 1, count: HostFraming.maximumPayload + 1), deadline: soon())
            #expect(outcome.loss?.kind == .exited(code: 65))
            #expect(outcome.loss?.errorOutput.contains("too long") == true)
            host.kill()
        }

        @Test func printingAndReadingInAStepDoNotBreakTheFrames() throws {
            let host = try hosts.ready("print-in-step")
            #expect(host.run([1, 2], deadline: soon()).reply == [1, 2])
            #expect(host.run([3, 4], deadline: soon()).reply == [3, 4])
            #expect(host.end(graceMs: Patience.milliseconds) == .exited(code: 0))
            #expect(
                host.drainDiagnostics() == [String](repeating: "printed by a strategy, read: nothing", count: 2))
        }

        @Test func speaksLines() throws {
            let host = try hosts.spawn("echo-lines", framing: .lines)
            #expect(try host.awaitReady(until: soon()) == Array("ready".utf8))
            let outcome = host.run(Array("{\r\n\"a\": 1}".utf8), deadline: soon())
            #expect(outcome.reply == Array("got {  \"a\": 1}".utf8))
            #expect(host.end(graceMs: Patience.milliseconds) == .exited(code: 0))
        }

        @Test func anIdleHostIsWokenByASignalGivenBefore() throws {
            let host = try hosts.ready("echo")
            let wake = try WakeDescriptor()
            wake.signal()
            #expect(host.waitIdle(wake: wake, until: soon()).isWoken)
            #expect(host.waitIdle(wake: wake, until: .now().adding(milliseconds: 20)).isDeadline)
            host.kill()
        }

        @Test func theEndOfAnIdleHostIsNoticed() throws {
            let host = try hosts.ready("die-idle", "6")
            let event = host.waitIdle(wake: try WakeDescriptor(), until: soon())
            #expect(event.loss?.kind == .exited(code: 6))
            #expect(host.kill() == .exited(code: 6))
        }

        @Test func anIdleHostThatBabblesIsLost() throws {
            let host = try hosts.ready("babble-idle")
            let event = host.waitIdle(wake: try WakeDescriptor(), until: soon())
            #expect(event.loss?.kind == .spokeOutOfTurn(bytes: 14))
            host.kill()
        }

        @Test func aHostThatIgnoresItsEndIsKilledAfterTheGrace() throws {
            let host = try hosts.ready("stubborn")
            let start = MonotonicTime.now()
            #expect(host.end(graceMs: 50) == .signalled(SIGKILL))
            let milliseconds = MonotonicTime.now().milliseconds(since: start)
            #expect(milliseconds >= 50)
            #expect(isGone(host.pid))
        }

        @Test func endingTwiceChangesNothing() throws {
            let host = try hosts.ready("echo")
            #expect(host.end(graceMs: Patience.milliseconds) == .exited(code: 0))
            #expect(host.end(graceMs: Patience.milliseconds) == .exited(code: 0))
            #expect(host.kill() == .exited(code: 0))
            #expect(host.run([1], deadline: soon()).loss?.kind == .ended)
        }

        @Test func aForgottenHostIsKilled() throws {
            let pid = try hosts.ready("stubborn").pid
            #expect(isGone(pid))
        }

        @Test func theBuiltInHostRunsNoop() throws {
            let launcher = try #require(ExecutablePath.beside("optimizer-host"))
            let host = try hosts.spawner.spawn(HostCommand(executable: launcher, arguments: ["serve"]))
            let ready = String(decoding: try host.awaitReady(until: soon()), as: UTF8.self)
            #expect(ready.hasPrefix(#"{"ready":{"engine":{"name":"optimizer","version":""#))
            let reply = host.run(Array(#"{"request_id":"1","strategy":{"name":"noop"}}"#.utf8), deadline: soon()).reply
            #expect(String(decoding: reply ?? [], as: UTF8.self).hasPrefix(#"{"status":"completed""#))
            #expect(host.end(graceMs: Patience.milliseconds) == .exited(code: 0))
        }
    }
}
