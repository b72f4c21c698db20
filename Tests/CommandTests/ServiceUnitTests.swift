import Glibc
import Hosting
import Scheduling
import System
import TestSupport
import Testing

@Suite struct ServiceUnitTests {
    private static let unit = String(
        decoding: Files.read("\(Files.package)/deploy/optimizer.service"), as: UTF8.self)

    @Test func theGroupIsThereBeforeAFileIsGivenToIt() throws {
        let user = try #require(Self.unit.firstRange(of: "useradd "))
        let file = try #require(Self.unit.firstRange(of: "-g optimizer"))
        #expect(user.lowerBound < file.lowerBound)
    }

    /// systemd looks at RestartPreventExitStatus for the main process only.
    @Test func aWrongConfigurationIsNotStartedAgain() {
        let lines = Self.unit.split(separator: "\n")
        #expect(lines.contains("RestartPreventExitStatus=78"))
        #expect(!lines.contains { $0.hasPrefix("ExecStartPre=") })
    }

    /// A node that is down for long is not given up.
    @Test func aNodeIsStartedAgainWithoutEnd() throws {
        let unit = try #require(Self.unit.firstRange(of: "[Unit]"))
        let service = try #require(Self.unit.firstRange(of: "[Service]"))
        #expect(Self.unit[unit.upperBound..<service.lowerBound].contains("\nStartLimitIntervalSec=0\n"))
        #expect(!Self.unit.contains("StartLimitBurst"))
        let lines = Self.unit[service.upperBound...].split(separator: "\n")
        #expect(lines.contains("Restart=on-failure") && lines.contains("RestartMaxDelaySec=60"))
    }

    /// A node waits for its brokers as long as they are away, and is ready only then.
    @Test func aStartThatWaitsForBrokersIsNotGivenUp() {
        let lines = Self.unit.split(separator: "\n")
        #expect(lines.contains("Type=notify") && lines.contains("TimeoutStartSec=infinity"))
    }

    @Test(.enabled(if: CommandLineTool.find("systemd-analyze") != nil, "needs systemd-analyze"))
    func whatTheUnitLeavesOpenIsLittle() throws {
        let outcome = try CommandLineTool.run(
            try #require(CommandLineTool.find("systemd-analyze")),
            ["security", "--offline=true", "--threshold=20", "\(Files.package)/deploy/optimizer.service"])
        #expect(outcome.status == 0, "\(outcome.output)")
    }
}

@Suite(.machine) struct ServiceManagerCommandTests {
    @Test func aNodeSaysWhenItIsReadyThatItIsWellAndThatItEnds() throws {
        let socket = try DatagramSocket()
        let folder = try TemporaryFolder()
        let node = try Program(
            [
                "run", "--set", "kafka.bootstrapServers=embedded", "--set", "metrics.http=null",
                "--set", "data.root=\(folder.path)", "--set", "node.stateDirectory=\(folder.path)",
                "--set", "pool.maxConcurrentStrategies=1", "--set", "limits.memoryMB=128",
            ], environment: ["NOTIFY_SOCKET=\(socket.path)", "WATCHDOG_USEC=300000"])
        let start = try socket.receive(until: "READY=1")
        #expect(!start.contains("STOPPING=1"))
        for _ in 0..<3 { _ = try socket.receive(until: "WATCHDOG=1") }
        node.signal(SIGTERM)
        _ = try socket.receive(until: "STOPPING=1")
        #expect(try node.outcome().code == 0)
    }
}

@Suite(.machine) struct CheckIsolationTests {
    @Test func controlGroupsThatCannotBeHadHaveToBeSetUp() throws {
        let launcher = try #require(ExecutablePath.beside("optimizer-host"))
        let ceilings = ResourceLimits(cpuPercent: 80, memoryMB: 64, timeoutMs: 1000)
        let settings = IsolationSettings(enforcement: .cgroup, sandbox: .off, ceilings: ceilings, readablePaths: [])
        // Where they can be had, there is nothing to see.
        if let isolation = try? Isolation(settings, launcher: launcher) {
            isolation.stop()
            return
        }
        let outcome = try Program.run(["check-isolation", "--set", "isolation.enforcement=cgroup"])
        #expect(outcome.code == 78, "\(outcome.words)")
    }

    @Test func whereTheOffenderIsNotInstalledThatIsSaidWithARemedy() throws {
        let folder = try TemporaryFolder()
        let program = try #require(ExecutablePath.beside("optimizer"))
        #expect(try CommandLineTool.run("/bin/cp", [program, folder.path]).status == 0)
        let outcome = try CommandLineTool.run(
            "/usr/bin/env", ["-C", folder.path, folder.file("optimizer"), "check-isolation"])
        #expect(outcome.status == 78)
        #expect(outcome.output.contains("there is no \(folder.file("optimizer-offender"))"))
        #expect(outcome.output.contains("--product optimizer-offender"))
    }
}
