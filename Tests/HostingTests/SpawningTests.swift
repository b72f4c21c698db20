import Glibc
import Hosting
import Scheduling
import System
import TestSupport
import Testing

extension HostingTests {
    @Suite(.serialized) struct SpawningTests {
        let hosts: TestHosts

        init() throws {
            hosts = try TestHosts()
        }

        /// What a host sees of its surroundings.
        private func shown(_ what: String, environment: [String: String] = [:], directory: String? = nil) throws
            -> String
        {
            let host = try hosts.spawner.spawn(
                HostCommand(
                    executable: hosts.offender, arguments: ["show"], environment: environment,
                    workingDirectory: directory))
            _ = try host.awaitReady(until: soon())
            let reply = try #require(host.run(Array(what.utf8), deadline: soon()).reply)
            host.kill()
            return String(decoding: reply, as: UTF8.self)
        }

        @Test func aHostHasThreeDescriptors() throws {
            // One that would be inherited if nothing were done about it.
            let inheritable = dup(1)
            defer { close(inheritable) }
            #expect(try shown("descriptors") == "0 1 2")
        }

        @Test func aHostSeesOnlyTheEnvironmentGiven() throws {
            #expect(try shown("environment", environment: ["TZ": "UTC"]) == "SWIFT_BACKTRACE=enable=no\nTZ=UTC")
        }

        @Test func aHostStartsWhereItIsTold() throws {
            #expect(try shown("directory", directory: "/proc") == "/proc")
        }

        @Test func aHostLeadsItsOwnSession() throws {
            #expect(try shown("session") == "own")
        }

        @Test func aHostWritesNoCore() throws {
            #expect(try shown("core") == "0")
        }

        @Test func aHostHasNoSignalBlockedOrIgnored() throws {
            let masks = try shown("signals").split(separator: " ").compactMap { line in
                line.split(separator: ":").last.flatMap { UInt64($0, radix: 16) }
            }
            // Some glibc versions leave the two signals they keep for themselves, 32 and 33, ignored.
            let internalSignals: UInt64 = 0b11 << 31
            #expect(masks.map { $0 & ~internalSignals } == [0, 0])
        }

        @Test func theLauncherSetsLimits() throws {
            let launcher = try #require(ExecutablePath.beside("optimizer-host"))
            for (option, what) in [("--memory-mb", "data"), ("--file-mb", "file")] {
                let host = try hosts.spawner.spawn(
                    HostCommand(executable: launcher, arguments: ["exec", option, "300", "--", hosts.offender, "show"]))
                _ = try host.awaitReady(until: soon())
                let reply = try #require(host.run(Array(what.utf8), deadline: soon()).reply)
                #expect(String(decoding: reply, as: UTF8.self) == String(300 << 20))
                host.kill()
            }
        }

        @Test func aCommandThatIsNotThereSaysSo() throws {
            let host = try hosts.spawner.spawn(HostCommand(executable: "no-such-strategy"))
            let failure = #expect(throws: HostFailure.self) { try host.awaitReady(until: soon()) }
            #expect(failure?.loss?.kind == .exited(code: 127))
            #expect(failure?.cause.contains("no-such-strategy: No such file or directory") == true)
            host.kill()
        }

        @Test func aDirectoryThatIsNotThereSaysSo() throws {
            let host = try hosts.spawner.spawn(
                HostCommand(executable: hosts.offender, arguments: ["echo"], workingDirectory: "/no/such/place"))
            let failure = #expect(throws: HostFailure.self) { try host.awaitReady(until: soon()) }
            #expect(failure?.loss?.kind == .exited(code: 125))
            #expect(failure?.cause.contains("/no/such/place") == true)
            host.kill()
        }

        @Test func aLauncherThatIsNotThereSaysSo() throws {
            let spawner = try HostSpawner(launcher: "/no/such/optimizer-host")
            let failure = #expect(throws: HostFailure.self) { try spawner.spawn(HostCommand(executable: "true")) }
            #expect(failure?.code == .launcher)
        }

        @Test func aHostThatDiesBeforeItIsReadySaysWhy() throws {
            let host = try hosts.spawn("die-before-ready")
            let failure = #expect(throws: HostFailure.self) { try host.awaitReady(until: soon()) }
            #expect(failure?.cause == "the host exited with code 3; its last words: no data found")
            host.kill()
        }

        @Test func aHostThatPrintsBeforeItIsReadyIsRefused() throws {
            let host = try hosts.spawn("print-before-ready")
            let failure = #expect(throws: HostFailure.self) { try host.awaitReady(until: soon()) }
            #expect(failure?.loss?.reason == "frame_too_long")
            host.kill()
            #expect(isGone(host.pid))
        }

        @Test func aHostThatIsNeverReadyIsSilent() throws {
            let host = try hosts.spawn("never-ready")
            let failure = #expect(throws: HostFailure.self) {
                try host.awaitReady(until: .now().adding(milliseconds: 50))
            }
            #expect(failure?.loss?.kind == .silent)
            host.kill()
        }

        @Test func aStoppedSpawnerEndsItsHostsAndStartsNoMore() throws {
            let host = try hosts.ready("stubborn")
            hosts.spawner.stop()
            #expect(host.waitIdle(wake: try WakeDescriptor(), until: soon()).loss?.kind == .signalled(SIGKILL))
            let failure = #expect(throws: HostFailure.self) { try hosts.spawn("echo") }
            #expect(failure?.code == .stopped)
        }

        @Test func aProcessThatIsNoHostIsLeftAlone() throws {
            var bystander: pid_t = 0
            let arguments: [UnsafeMutablePointer<CChar>?] = [strdup("offender"), strdup("never-ready"), nil]
            defer { for argument in arguments { free(argument) } }
            #expect(posix_spawn(&bystander, hosts.offender, nil, nil, arguments, nil) == 0)
            try hosts.ready("daemon").kill()
            #expect(kill(bystander, 0) == 0)
            #expect(waitpid(bystander, nil, WNOHANG) == 0)
            kill(bystander, SIGKILL)
            waitpid(bystander, nil, 0)
        }

        @Test func theBackgroundProcessOfALivingHostIsLeftAlone() throws {
            let parent = try hosts.ready("background")
            let background = try #require(
                parent.run([1], deadline: soon()).reply.flatMap { Int32(String(decoding: $0, as: UTF8.self)) })
            try hosts.ready("daemon").kill()
            #expect(kill(background, 0) == 0)
            parent.kill()
            #expect(kill(background, 0) != 0)
        }

        @Test func whatALivingHostHasStartedAndLeftIsReapedWhenItEnds() throws {
            let parent = try hosts.ready("background")
            for _ in 0..<3 {
                let background = try #require(
                    parent.run([1], deadline: soon()).reply.flatMap { Int32(String(decoding: $0, as: UTF8.self)) })
                kill(background, SIGKILL)
                // It is there, if only as a zombie, until it has been reaped.
                #expect(eventually { kill(background, 0) != 0 && errno == ESRCH })
            }
            // The host's own end is still its own to see.
            #expect(parent.end(graceMs: Patience.milliseconds) == .exited(code: 0))
        }

        @Test func aNodeWithoutStandardDescriptorsStartsHosts() throws {
            let drill = try hosts.spawn("drill-bare", framing: .lines)
            #expect(String(decoding: try drill.awaitReady(until: soon()), as: UTF8.self) == "ok")
            drill.kill()
        }

        @Test func hostsDieWithTheirNode() throws {
            let drill = try hosts.spawn("drill-death", framing: .lines)
            #expect(String(decoding: try drill.awaitReady(until: soon()), as: UTF8.self) == "ok")
            drill.kill()
        }

        @Test func nothingIsLeftOfAHost() throws {
            let drill = try hosts.spawner.spawn(
                HostCommand(
                    executable: hosts.offender,
                    arguments: [
                        "drill-remains", "echo", "hang", "exit:3", "signal:9", "babble", "flood", "flood-errors",
                        "endless-errors", "close-output", "close-both", "drip", "twice", "stop", "stubborn-step",
                        "deaf", "grandchild:2", "daemon:2", "daemon-and-hang", "daemon-family", "answer-and-exit:2",
                        "print-before-ready", "die-before-ready",
                    ],
                    framing: .lines))
            let report = try drill.awaitReady(until: soon())
            #expect(String(decoding: report, as: UTF8.self) == "ok")
            drill.kill()
        }
    }
}
