import Glibc
import Hosting
import Scheduling
import System
import Testing

extension HostingTests {
    @Suite(.serialized) struct UsageTests {
        let hosts: TestHosts

        init() throws {
            hosts = try TestHosts()
        }

        @Test func aStepThatBurnsSaysHowMuch() throws {
            let host = try hosts.ready("burn-ms", "60")
            #expect(host.run([1], deadline: soon()).reply == [1])
            #expect(host.usage.cpuMs >= 60 && host.usage.cpuMs < 120)
            #expect(host.usage.throttledMs == 0)
            host.kill()
        }

        @Test func eachStepIsCountedForItself() throws {
            let host = try hosts.ready("burn-ms", "30")
            for _ in 0..<3 {
                #expect(host.run([1], deadline: soon()).reply == [1])
                #expect(host.usage.cpuMs >= 30 && host.usage.cpuMs < 60)
            }
            host.kill()
        }

        @Test func aStepThatHoldsMemorySaysHowMuch() throws {
            let host = try hosts.ready("hold-mb", "100")
            #expect(host.run([1], deadline: soon()).reply == [1])
            #expect(host.usage.peakMB >= 100 && host.usage.peakMB < 150)
            host.kill()
        }

        @Test func aHostThatDiesSaysWhatItHeld() throws {
            let host = try hosts.ready("hold-mb-and-die", "500")
            #expect(host.run([1], deadline: soon()).loss?.kind == .exited(code: 3))
            #expect(host.usage.peakMB >= 500 && host.usage.peakMB < 550)
            host.kill()
        }

        @Test func aSleepingStepUsesNoProcessorTime() throws {
            let host = try hosts.ready("hang")
            #expect(host.run([1], deadline: .now().adding(milliseconds: 100)).isTimedOut)
            #expect(host.usage.cpuMs < 20)
            host.kill()
        }
    }
}
