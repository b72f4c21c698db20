import TestSupport
import Testing

@testable import System

@Suite struct ServiceManagerTests {
    @Test func wordsAreOneDatagram() throws {
        let socket = try DatagramSocket()
        let manager = try #require(ServiceManager(environment: ["NOTIFY_SOCKET": socket.path]))
        #expect(manager.tell(["READY=1", "STATUS=takes part"]))
        #expect(socket.receive() == ["READY=1", "STATUS=takes part"])
        #expect(manager.watchdogMs == nil)
    }

    @Test(arguments: [[:], ["NOTIFY_SOCKET": ""], ["NOTIFY_SOCKET": "vsock:2:1"], ["NOTIFY_SOCKET": "@"]])
    func whereNobodyListensOnASocketOfThisMachineNobodyIsTold(environment: [String: String]) {
        #expect(ServiceManager(environment: environment) == nil)
    }

    @Test func aPathThatIsTooLongForASocketIsNone() {
        #expect(ServiceManager(environment: ["NOTIFY_SOCKET": "/" + String(repeating: "a", count: 200)]) == nil)
    }

    @Test func aListenerThatIsGoneKeepsNobodyWaiting() throws {
        let manager = try #require(ServiceManager(environment: ["NOTIFY_SOCKET": "/nonexistent/notify"]))
        #expect(!manager.tell(["READY=1"]))
    }

    @Test func aListenerThatIsBehindKeepsNobodyWaiting() throws {
        let socket = try DatagramSocket()
        let manager = try #require(ServiceManager(environment: ["NOTIFY_SOCKET": socket.path]))
        let sent = (0..<100_000).prefix { _ in manager.tell(["WATCHDOG=1"]) }.count
        #expect(sent < 100_000)
        #expect(socket.receive() == ["WATCHDOG=1"])
        #expect(manager.tell(["WATCHDOG=1"]))
    }

    @Test(arguments: [
        (["WATCHDOG_USEC": "30000000"], 30_000), (["WATCHDOG_USEC": "30000000", "WATCHDOG_PID": "7"], 30_000),
        (["WATCHDOG_USEC": "30000000", "WATCHDOG_PID": "8"], nil), (["WATCHDOG_USEC": "0"], nil),
        (["WATCHDOG_USEC": "soon"], nil),
    ])
    func theWatchdogIsForThisProcess(_ variables: [String: String], _ milliseconds: Int?) throws {
        let environment = variables.merging(["NOTIFY_SOCKET": "@optimizer-test"]) { $1 }
        #expect(try #require(ServiceManager(environment: environment, process: 7)).watchdogMs == milliseconds)
    }
}
