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
