import Glibc
import System
import Testing

@testable import Hosting

extension HostingTests {
    @Suite(.serialized) struct CgroupTests {
        /// Whether this machine lets the process make control groups; where it does not, there is nothing to test.
        private static let mayMakeGroups: Bool = {
            guard let home = try? CgroupHome.acquire() else { return false }
            home.release()
            return true
        }()

        /// Whether the kernel bounds the number of a host's processes here.
        static let controlsProcesses: Bool = {
            guard let home = try? CgroupHome.acquire() else { return false }
            defer { home.release() }
            return home.controllers.contains(.pids)
        }()

        @Test(.enabled(if: mayMakeGroups)) func aGroupGoesWithItsHost() throws {
            // Other suites' hosts live in the same home: only this host's group counts.
            let hosts = try LimitedHosts(.auto)
            let home = try CgroupHome.acquire()
            defer { home.release() }
            let host = try hosts.ready()
            let groups = DirectoryEntries.list(home.path).filter { $0.hasPrefix("host-") }.map { "\(home.path)/\($0)" }
            let own = groups.filter { ProcessFiles.numbers(FileContent.read("\($0)/cgroup.procs")).contains(host.pid) }
            #expect(own.count == 1)
            host.kill()
            #expect(own.allSatisfy { access($0, F_OK) != 0 })
            hosts.stop()
            #expect(access(home.path, F_OK) == 0)
        }

        @Test(.enabled(if: mayMakeGroups)) func theGroupsOfANodeThatDiedAreRemovedAndThoseInUseAreNot() throws {
            let parent = try #require(OwnCgroup.path)
            let home = try CgroupHome.acquire()
            defer { home.release() }
            let abandoned = "\(parent)/optimizer-dead-\(getpid())"
            #expect(mkdir(abandoned, 0o755) == 0)
            #expect(mkdir("\(abandoned)/host-1", 0o755) == 0)
            CgroupPlace.removeAbandoned(under: parent)
            #expect(access(abandoned, F_OK) != 0)
            #expect(access(home.path, F_OK) == 0)
        }

        @Test func aKillLiftsTheQuotaFirst() throws {
            // Both files of the group lead to one pipe: what is written to them comes out in its order.
            let directory = try TemporaryDirectory(prefix: "optimizer-test-group")
            let pipe = "\(directory.path)/pipe"
            #expect(mkfifo(pipe, 0o600) == 0)
            let end = open(pipe, O_RDWR | O_NONBLOCK | O_CLOEXEC)
            defer { close(end) }
            for name in ["cpu.max", "cgroup.kill"] { #expect(symlink(pipe, "\(directory.path)/\(name)") == 0) }
            let group = HostCgroup(path: directory.path, controllers: .all)
            defer { group.close() }
            #expect(group.kill())
            var written = [UInt8](repeating: 0, count: 64)
            let count = read(end, &written, written.count)
            #expect(String(decoding: written.prefix(max(0, count)), as: UTF8.self) == "max 1000001")
        }

        @Test func cgroupsThatCannotBeHadAreNoReasonToGoOnWithoutThem() throws {
            let home = try? CgroupHome.acquire()
            defer { home?.release() }
            if home?.controllers == .all { return }
            let failure = #expect(throws: HostFailure.self) { try LimitedHosts(.cgroup) }
            #expect(failure?.code == .isolation)
            #expect(failure?.cause.hasPrefix("isolation.enforcement is cgroup, and that cannot be had: ") == true)
        }
    }
}
