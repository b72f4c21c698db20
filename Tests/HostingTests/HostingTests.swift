import Glibc
import Hosting
import Scheduling
import System
import TestSupport
import Testing

/// Every suite here starts real processes.
@Suite(.serialized, .machine) enum HostingTests {}

/// A spawner and the offender, for one test.
struct TestHosts {
    let spawner: HostSpawner
    let offender: String

    init() throws {
        try MachineTurn.require()
        spawner = try HostSpawner(launcher: try #require(ExecutablePath.beside("optimizer-host")))
        offender = try #require(ExecutablePath.beside("offender"))
    }

    func spawn(_ mode: String, _ arguments: String..., framing: HostFraming = .lengthPrefixed) throws -> Host {
        try spawner.spawn(HostCommand(executable: offender, arguments: [mode] + arguments, framing: framing))
    }

    func ready(_ mode: String, _ arguments: String...) throws -> Host {
        let host = try spawner.spawn(HostCommand(executable: offender, arguments: [mode] + arguments))
        #expect(try host.awaitReady(until: soon()) == Array("ready".utf8))
        return host
    }

    /// Asserts that a new host comes up and runs the next step.
    func expectNextStepRuns() throws {
        let host = try ready("echo")
        #expect(host.run([1, 2, 3], deadline: soon()).reply == [1, 2, 3])
        #expect(host.end(graceMs: Patience.milliseconds) == .exited(code: 0))
    }
}

/// When waiting for what must come ends.
func soon() -> MonotonicTime {
    .now().adding(milliseconds: Patience.milliseconds)
}

/// Whether neither the process nor any member of its group is left, not even as a zombie.
func isGone(_ pid: Int32) -> Bool {
    kill(pid, 0) != 0 && errno == ESRCH && killpg(pid, 0) != 0 && errno == ESRCH
}

extension StepOutcome {
    var reply: [UInt8]? {
        if case .answered(let reply) = self { reply } else { nil }
    }

    var loss: HostLoss? {
        if case .lost(let loss) = self { loss } else { nil }
    }

    var isTimedOut: Bool {
        if case .timedOut = self { true } else { false }
    }
}

extension IdleEvent {
    var loss: HostLoss? {
        if case .hostLost(let loss) = self { loss } else { nil }
    }

    var isWoken: Bool {
        if case .woken = self { true } else { false }
    }

    var isDeadline: Bool {
        if case .deadline = self { true } else { false }
    }
}
