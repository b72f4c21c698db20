import Glibc
import Hosting
import IsolationProof
import Scheduling
import System
import TestSupport
import Testing

/// A pool's hosts that do what an offence says, in their limits.
struct LimitedHosts {
    static let ceilings = ResourceLimits(cpuPercent: 80, memoryMB: 64, timeoutMs: 5000)

    let isolation: Isolation
    let spawner: HostSpawner
    private let offender: String

    init(
        _ enforcement: IsolationSettings.Enforcement, sandbox: IsolationSettings.Sandbox = .standard,
        ceilings: ResourceLimits = ceilings, readable: [String] = []
    ) throws {
        offender = try OffenderProgram.find()
        isolation = try Isolation(
            IsolationSettings(enforcement: enforcement, sandbox: sandbox, ceilings: ceilings, readablePaths: readable),
            launcher: offender)
        spawner = try HostSpawner(launcher: offender, isolation: isolation)
    }

    func ready() throws -> Host {
        let host = try spawner.spawn(HostCommand(executable: offender, arguments: ["offend"]))
        #expect(try host.awaitReady(until: soon()) == Array("ready".utf8))
        return host
    }

    func stop() {
        spawner.stop()
        isolation.stop()
    }
}

extension Host {
    func commit(
        _ offence: Offence, _ detail: String = "", deadlineMs: Int = Patience.milliseconds,
        limits: ResourceLimits? = nil
    ) -> StepOutcome {
        run(
            Array("\(offence.rawValue) \(detail)".utf8), deadline: .now().adding(milliseconds: deadlineMs),
            limits: limits)
    }
}

extension StepOutcome {
    var text: String? { reply.map { String(decoding: $0, as: UTF8.self) } }

    var breach: LimitBreach? {
        if case .exceeded(let breach) = loss?.kind { breach } else { nil }
    }
}

extension HostingTests {
    @Suite(.serialized) struct LimitTests {
        static let mechanisms: [IsolationSettings.Enforcement] = [.auto, .rlimit]

        /// Commits an offence and asserts that nothing is left of it and the next host is well.
        private func commit(
            _ offence: Offence, _ enforcement: IsolationSettings.Enforcement, deadlineMs: Int = Patience.milliseconds,
            limits: ResourceLimits? = nil
        ) throws -> (outcome: StepOutcome, usage: StepUsage, milliseconds: Double) {
            let hosts = try LimitedHosts(enforcement)
            defer { hosts.stop() }
            let host = try hosts.ready()
            let start = MonotonicTime.now()
            let outcome = host.commit(offence, deadlineMs: deadlineMs, limits: limits)
            let milliseconds = MonotonicTime.now().milliseconds(since: start)
            let usage = host.usage
            host.kill()
            #expect(isGone(host.pid))
            let next = try hosts.ready()
            #expect(next.commit(.manyFiles).text?.hasPrefix("refused: after ") == true)
            #expect(next.end(graceMs: Patience.milliseconds) == .exited(code: 0))
            return (outcome, usage, milliseconds)
        }

        @Test(arguments: mechanisms)
        func aHostThatTakesMemoryBitByBitIsEnded(_ enforcement: IsolationSettings.Enforcement) throws {
            let (outcome, usage, _) = try commit(.hoard, enforcement)
            #expect(outcome.breach?.resource == .memory)
            #expect(outcome.breach?.limit == 64)
            let peak = try #require(outcome.breach?.peak)
            #expect(peak >= 60 && peak < 160)
            #expect(usage.peakMB >= 60)
        }

        @Test(arguments: mechanisms)
        func aHostThatTakesMemoryAtOnceDoesNotGetIt(_ enforcement: IsolationSettings.Enforcement) throws {
            let (outcome, usage, _) = try commit(.grab, enforcement)
            #expect(outcome.breach?.resource == .memory || outcome.text?.contains("Cannot allocate memory") == true)
            #expect(usage.peakMB < 300)
        }

        @Test(arguments: mechanisms)
        func theMemoryOfChildrenCounts(_ enforcement: IsolationSettings.Enforcement) throws {
            let (outcome, _, _) = try commit(.spreadMemory, enforcement)
            #expect(outcome.breach?.resource == .memory)
        }

        @Test(arguments: mechanisms)
        func aStepMayBeGivenLess(_ enforcement: IsolationSettings.Enforcement) throws {
            let less = ResourceLimits(cpuPercent: 80, memoryMB: 32, timeoutMs: 5000)
            let (outcome, _, _) = try commit(.hoard, enforcement, limits: less)
            #expect(outcome.breach?.limit == 32)
            #expect((outcome.breach?.peak ?? 0) < 64)
        }

        @Test(arguments: mechanisms)
        func aForkBombIsEnded(_ enforcement: IsolationSettings.Enforcement) throws {
            let (outcome, _, _) = try commit(.forkBomb, enforcement, deadlineMs: 3000)
            // A control group refuses more processes, and those there are go on until the deadline.
            let isRefused = enforcement == .auto && outcome.isTimedOut && CgroupTests.controlsProcesses
            #expect(outcome.breach?.resource == .processes || isRefused)
        }

        @Test(arguments: mechanisms)
        func aLongFileEndsTheHost(_ enforcement: IsolationSettings.Enforcement) throws {
            let (outcome, _, _) = try commit(.longFile, enforcement)
            let isRefused = outcome.text?.hasPrefix("refused") == true
            #expect(outcome.breach?.resource == .output || isRefused)
        }

        @Test(arguments: mechanisms)
        func deepRecursionIsACrash(_ enforcement: IsolationSettings.Enforcement) throws {
            let (outcome, _, _) = try commit(.recursion, enforcement)
            #expect(outcome.loss?.kind == .signalled(SIGSEGV))
        }

        @Test(arguments: mechanisms)
        func aDaemonDiesWithItsHost(_ enforcement: IsolationSettings.Enforcement) throws {
            let (outcome, _, _) = try commit(.daemon, enforcement)
            #expect(outcome.text == "done")
            #expect(burningProcesses() == 0)
        }

        @Test(arguments: mechanisms)
        func aBurningHostGetsItsShare(_ enforcement: IsolationSettings.Enforcement) throws {
            let limits = ResourceLimits(cpuPercent: 20, memoryMB: 64, timeoutMs: 5000)
            let (outcome, usage, milliseconds) = try commit(.burn, enforcement, deadlineMs: 2000, limits: limits)
            #expect(outcome.isTimedOut)
            let percent = usage.cpuMs / milliseconds * 100
            // The machine may be busy with other things: then it is less, and held for a shorter time, but never more.
            #expect(percent > 5 && percent < 26)
            #expect(usage.throttledMs > 0)
        }

        @Test(arguments: mechanisms)
        func aStepThatBurnsLittleIsNeverHeld(_ enforcement: IsolationSettings.Enforcement) throws {
            let (_, usage, _) = try commit(.manyFiles, enforcement)
            #expect(usage.throttledMs == 0)
        }

        /// Processes of the offender's executable that use the processor.
        private func burningProcesses() -> Int {
            DirectoryEntries.list("/proc").filter { Int32($0) != nil }.count { name in
                let line = FileContent.text("/proc/\(name)/cmdline")
                return line.contains("--parent\0\(getpid())\0") && line.hasSuffix("offend\0")
            }
        }
    }

    struct CPUBucketTests {
        private let start = MonotonicTime(nanoseconds: 1_000_000_000)
        private func after(_ milliseconds: Int) -> MonotonicTime { start.adding(milliseconds: milliseconds) }

        @Test func aPeriodGivesItsShareAndNoMore() {
            var bucket = CPUBucket(percent: 80, at: start)
            bucket.charge(79_000_000, at: after(79))
            #expect(!bucket.isSpent)
            bucket.charge(1_000_000, at: after(80))
            #expect(bucket.isSpent)
            #expect(bucket.nextLook(at: after(80), cores: 1) == after(100))
        }

        @Test func whatWasTooMuchIsTakenFromTheNextPeriod() {
            var bucket = CPUBucket(percent: 50, at: start)
            bucket.charge(70_000_000, at: after(70))
            bucket.charge(0, at: after(100))
            #expect(!bucket.isSpent)
            bucket.charge(30_000_000, at: after(130))
            #expect(bucket.isSpent)
        }

        @Test func whatWasLeftIsLost() {
            var bucket = CPUBucket(percent: 80, at: start)
            bucket.charge(0, at: after(1000))
            bucket.charge(80_000_000, at: after(1080))
            #expect(bucket.isSpent)
        }

        @Test func aDebtOfSeveralPeriodsIsWaitedFor() {
            var bucket = CPUBucket(percent: 10, at: start)
            bucket.charge(35_000_000, at: after(9))
            #expect(bucket.isSpent)
            #expect(bucket.nextLook(at: after(9), cores: 4) == after(300))
            bucket.charge(0, at: after(300))
            #expect(!bucket.isSpent)
        }
    }
}
