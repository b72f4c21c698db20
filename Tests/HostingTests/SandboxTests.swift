import Glibc
import Hosting
import IsolationProof
import System
import TestSupport
import Testing

extension HostingTests {
    @Suite(.serialized) struct SandboxTests {
        /// What a host in this sandbox says when it tries.
        private func attempt(
            _ offence: Offence, _ sandbox: IsolationSettings.Sandbox, _ detail: String = "", readable: [String] = []
        ) throws -> String {
            let hosts = try LimitedHosts(.rlimit, sandbox: sandbox, readable: readable)
            defer { hosts.stop() }
            let host = try hosts.ready()
            defer { host.kill() }
            return try #require(host.commit(offence, detail).text)
        }

        @Test(arguments: [IsolationSettings.Sandbox.standard, .strict])
        func theNodeIsOutOfReach(_ sandbox: IsolationSettings.Sandbox) throws {
            #expect(try attempt(.readEnvironment, sandbox).hasPrefix("refused"))
            #expect(try attempt(.readMemory, sandbox).hasPrefix("refused"))
            #expect(try attempt(.gainPrivileges, sandbox).hasPrefix("refused"))
        }

        @Test func aStrictHostHasNoNetwork() throws {
            #expect(try attempt(.network, .strict) == "refused: Operation not permitted")
            #expect(try attempt(.network, .standard) == "done")
        }

        @Test(arguments: [IsolationSettings.Sandbox.standard, .strict])
        func theNodeGetsNoSignal(_ sandbox: IsolationSettings.Sandbox) throws {
            #expect(try attempt(.signal, sandbox) == "refused: Operation not permitted")
            #expect(try attempt(.signal, sandbox, String(-getpgrp())) == "refused: Operation not permitted")
            #expect(try attempt(.signal, sandbox, "-1") == "refused: Operation not permitted")
            // Its own group, without which no shell works.
            #expect(try attempt(.signal, sandbox, "0") == "done")
        }

        @Test func aStrictHostSignalsNoOtherHost() throws {
            let hosts = try LimitedHosts(.rlimit, sandbox: .strict)
            defer { hosts.stop() }
            let (host, other) = (try hosts.ready(), try hosts.ready())
            defer {
                host.kill()
                other.kill()
            }
            #expect(host.commit(.signal, String(other.pid)).text?.hasPrefix("refused") == true)
        }

        @Test func aStrictHostWritesInItsOwnDirectoryAlone() throws {
            #expect(try attempt(.write, .strict, "/var/tmp").hasPrefix("refused"))
            #expect(try attempt(.write, .strict, "/dev/shm").hasPrefix("refused"))
            #expect(try attempt(.write, .standard, "/var/tmp") == "done")
            #expect(try attempt(.fillSharedMemory, .strict).hasPrefix("refused"))
        }

        @Test func aStrictHostHasADirectoryThatGoesWithIt() throws {
            let hosts = try LimitedHosts(.rlimit, sandbox: .strict)
            defer { hosts.stop() }
            let host = try hosts.ready()
            let own = try #require(temporaryDirectory(of: host.pid))
            #expect(host.commit(.writeOwn, own).text == "done")
            #expect(access(own, F_OK) == 0)
            host.kill()
            #expect(access(own, F_OK) != 0)
        }

        @Test func aStrictHostReadsWhatItIsToldAndNothingElse() throws {
            let folder = try TemporaryFolder()
            let (directory, file) = (folder.path, folder.file("data"))
            try folder.write([], to: "data")
            chmod(directory, 0o755)
            chmod(file, 0o644)
            #expect(try attempt(.readFile, .strict, file).hasPrefix("refused"))
            #expect(try attempt(.readFile, .strict, file, readable: [directory]) == "done")
            #expect(try attempt(.write, .strict, directory, readable: [directory]).hasPrefix("refused"))
        }

        @Test func aDataRootOthersMayNotReadIsReportedAndStillRead() throws {
            let folder = try TemporaryFolder()
            let directory = folder.path
            let hosts = try LimitedHosts(.rlimit, sandbox: .strict, readable: [directory])
            defer { hosts.stop() }
            guard geteuid() == 0 else { return }
            #expect(
                hosts.isolation.report.shortcomings.contains {
                    $0.contains("\(directory) is not readable for other users")
                })
            let host = try hosts.ready()
            #expect(host.commit(.readFile, directory).text == "refused: Is a directory")
            host.kill()
        }

        @Test(.enabled(if: geteuid() == 0, "only root can give hosts users of their own"))
        func aStrictHostHasAUserOfItsOwnAndABoundOnItsProcesses() throws {
            let hosts = try LimitedHosts(.rlimit, sandbox: .strict)
            defer { hosts.stop() }
            let (host, other) = (try hosts.ready(), try hosts.ready())
            defer {
                host.kill()
                other.kill()
            }
            let (user, others) = (words("Uid:", of: host.pid, "status"), words("Uid:", of: other.pid, "status"))
            // Real, effective, saved, of files: none may be left over.
            #expect(Set(user).count == 1 && Set(others).count == 1 && user != others)
            #expect((user.first.flatMap { Int($0) } ?? 0) >= 52_000)
            #expect(words("Gid:", of: host.pid, "status") == user)
            #expect(words("Max processes", of: host.pid, "limits").prefix(2) == ["64", "64"])
        }

        /// What stands behind a name in a file of /proc/PID.
        private func words(_ name: String, of process: Int32, _ file: String) -> [String] {
            let text = FileContent.text("/proc/\(process)/\(file)")
            let line = text.split(separator: "\n").first { $0.hasPrefix(name) }
            return line.map { $0.dropFirst(name.count).split(whereSeparator: \.isWhitespace).map(String.init) } ?? []
        }

        private func temporaryDirectory(of process: Int32) -> String? {
            let environment = FileContent.text("/proc/\(process)/environ")
            return environment.split(separator: "\0").first { $0.hasPrefix("TMPDIR=") }.map { String($0.dropFirst(7)) }
        }
    }
}
