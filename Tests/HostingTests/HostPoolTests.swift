import Hosting
import Scheduling
import System
import Testing

extension HostingTests {
    @Suite(.serialized) struct HostPoolTests {
        let hosts: TestHosts

        init() throws {
            hosts = try TestHosts()
        }

        @Test func theHostThatWorkedLastIsTakenFirstAndTheOldestGivesWay() throws {
            let pool = HostPool(capacity: 2)
            let (a, b, c) = (try hosts.ready("echo"), try hosts.ready("echo"), try hosts.ready("echo"))
            let now = MonotonicTime.now()
            #expect(pool.put(a, at: now) == nil)
            #expect(pool.put(b, at: now) == nil)
            #expect(pool.put(c, at: now) === a)
            #expect(pool.take() === c)
            #expect(pool.take() === b)
            #expect(pool.take() == nil)
        }

        @Test func aLookSeesEachHostOnceAndKeepsItsAge() throws {
            let pool = HostPool(capacity: 2)
            let (a, b) = (try hosts.ready("echo"), try hosts.ready("echo"))
            let start = MonotonicTime.now()
            #expect(pool.put(a, at: start) == nil)
            #expect(pool.put(b, at: start.adding(milliseconds: 1)) == nil)
            let look = start.adding(milliseconds: 10)
            var seen: [Int32] = []
            while let (host, idleSince) = pool.takeForLook(notSeenSince: look) {
                seen.append(host.pid)
                #expect(idleSince == (host === a ? start : start.adding(milliseconds: 1)))
                #expect(pool.putBack(host, idleSince: idleSince, at: look) == nil)
            }
            #expect(seen == [a.pid, b.pid])
            #expect(pool.take() === b)
        }

        @Test func aClosedPoolTakesNoHost() throws {
            let pool = HostPool(capacity: 2)
            let (a, b) = (try hosts.ready("echo"), try hosts.ready("echo"))
            #expect(pool.put(a, at: .now()) == nil)
            #expect(pool.close().first === a)
            #expect(pool.put(b, at: .now()) === b)
            #expect(pool.putBack(b, idleSince: .now(), at: .now()) === b)
        }
    }
}
