import Messages
import Scheduling
import Testing

@testable import Worker

@Suite struct BrokerTableTests {
    private var table = BrokerTable()
    private let start = MonotonicTime(nanoseconds: 1_000_000_000_000)

    private func after(_ seconds: Int) -> MonotonicTime { start.adding(milliseconds: seconds * 1000) }

    private func sight(
        _ address: String, _ node: Int?, _ condition: BrokerSighting.Condition = .up, silentMs: Double? = 10
    ) -> BrokerSighting {
        BrokerSighting(
            address: address, node: node, condition: condition, roundTripMs: condition == .up ? 2 : nil,
            silentMs: silentMs)
    }

    private func words(_ changes: [BrokerTable.Change]) -> [String] {
        changes.map { change in
            switch change {
            case .gone(let broker): "\(broker.address) gone"
            case .back(let broker, let awayMs): "\(broker.address) back after \(Int(awayMs))"
            }
        }
    }

    @Test mutating func aBrokerThatGoesIsToldOnceForAllClientsAndItsReturnWithTheTimeBetween() {
        _ = table.see([sight("a:1", 1), sight("b:1", 2)], by: "consumer", at: start)
        _ = table.see([sight("a:1", 1), sight("b:1", 2)], by: "producer", at: start)
        #expect(words(table.see([sight("a:1", 1), sight("b:1", 2, .down)], by: "consumer", at: after(5))) == [])
        let gone = table.see([sight("a:1", 1), sight("b:1", 2, .down)], by: "producer", at: after(6))
        #expect(words(gone) == ["b:1 gone"])
        #expect(words(table.see([sight("a:1", 1), sight("b:1", 2, .down)], by: "consumer", at: after(10))) == [])
        #expect(table.brokers.map(\.state) == [.up, .down])
        let back = table.see([sight("a:1", 1), sight("b:1", 2)], by: "consumer", at: after(36))
        #expect(words(back) == ["b:1 back after 30000"])
        #expect(words(table.see([sight("a:1", 1), sight("b:1", 2)], by: "producer", at: after(37))) == [])
    }

    /// Once another leads its partitions no client tries to reach it any more.
    @Test mutating func aBrokerThatWasLostAndIsNotNeededAnyMoreStaysLostUntilTheClusterListsIt() {
        _ = table.see([sight("a:1", 1), sight("b:1", 2, .down)], by: "consumer", at: start)
        _ = table.list([1], at: after(1))
        #expect(words(table.see([sight("a:1", 1), sight("b:1", 2, .unused)], by: "consumer", at: after(9))) == [])
        #expect(table.brokers.map(\.state) == [.up, .down])
        #expect(words(table.list([1, 2], at: after(60))) == ["b:1 back after 60000"])
        #expect(table.brokers.map(\.state) == [.up, .unused])
    }

    /// A cluster lists a broker that has died until its session is over.
    @Test mutating func aListFromBeforeOrJustAfterABrokerWasLostDoesNotBringItBack() {
        _ = table.list([1, 2], at: start)
        _ = table.see([sight("a:1", 1), sight("b:1", 2, .down)], by: "consumer", at: after(5))
        #expect(words(table.see([sight("a:1", 1), sight("b:1", 2, .unused)], by: "consumer", at: after(10))) == [])
        #expect(words(table.list([1, 2], at: after(12))) == [])
        #expect(table.brokers.map(\.state) == [.up, .down])
    }

    @Test mutating func aBrokerThatWasTakenOutForGoodIsNotLostForEver() {
        _ = table.see([sight("a:1", 1), sight("b:1", 2, .down)], by: "consumer", at: start)
        _ = table.list([1], at: after(1))
        _ = table.see([sight("a:1", 1), sight("b:1", 2, .unused)], by: "consumer", at: after(3500))
        #expect(table.brokers.map(\.state) == [.up, .down])
        _ = table.see([sight("a:1", 1), sight("b:1", 2, .unused)], by: "consumer", at: after(3700))
        #expect(table.brokers.map(\.state) == [.up, .unused])
        _ = table.list([1], at: after(3800))
        _ = table.see([sight("a:1", 1), sight("b:1", 2, .unused)], by: "consumer", at: after(3801))
        #expect(table.brokers.map(\.state) == [.up, .unused])
        #expect(
            words(table.see([sight("a:1", 1), sight("b:1", 2, .down)], by: "consumer", at: after(3900))) == ["b:1 gone"]
        )
    }

    /// The client that had a connection to it may close it for being idle before the broker goes.
    @Test mutating func aBrokerThatNobodyNeedsIsLostOnceTheClusterDoesNotListIt() {
        _ = table.see([sight("a:1", 1), sight("b:1", 2, .unused)], by: "consumer", at: start)
        #expect(words(table.list([1, 2], at: after(1))) == [])
        #expect(words(table.list([1], at: after(11))) == ["b:1 gone"])
        #expect(words(table.see([sight("a:1", 1), sight("b:1", 2, .unused)], by: "consumer", at: after(15))) == [])
        #expect(table.brokers.map(\.state) == [.up, .down])
        #expect(words(table.list([1, 2], at: after(60))) == ["b:1 back after 49000"])
    }

    @Test mutating func theAddressesToBeginWithCountOnlyWhileNoBrokerIsKnown() {
        #expect(
            words(table.see([sight("boot:1", nil, .down, silentMs: nil)], by: "consumer", at: start)) == ["boot:1 gone"]
        )
        _ = table.see([sight("boot:1", nil, .down, silentMs: nil), sight("a:1", 1)], by: "consumer", at: after(5))
        #expect(table.brokers.map(\.address) == ["a:1"])
    }

    @Test mutating func aConnectionToTheCoordinatorIsOneToItsBroker() {
        _ = table.see([sight("a:1", 1, .unused), sight("a:1", nil, .up)], by: "consumer", at: start)
        #expect(table.brokers.map(\.state) == [.up])
    }

    /// A frozen broker: the client that writes nothing has its connection still.
    @Test mutating func anIdleConnectionSaysLessThanOneThatFails() {
        _ = table.see([sight("a:1", 1)], by: "consumer", at: start)
        _ = table.see([sight("a:1", 1, .idle, silentMs: 40_000)], by: "producer", at: start)
        #expect(table.brokers.map(\.state) == [.up])
        #expect(words(table.see([sight("a:1", 1, .down)], by: "consumer", at: after(20))) == ["a:1 gone"])
        #expect(words(table.see([sight("a:1", 1, .unused)], by: "consumer", at: after(30))) == [])
        #expect(table.brokers.map(\.state) == [.down])
        #expect(words(table.list([1], at: after(60))) == ["a:1 back after 40000"])
        #expect(table.brokers.map(\.state) == [.up])
    }

    @Test mutating func theLastErrorIsThatOfTheBrokerTheTextNames() {
        _ = table.see([sight("a:1", 1), sight("b:1", 2, .down)], by: "consumer", at: start)
        table.note(
            error: "b:1/2: Connect to ipv4#10.0.0.2:1 failed: Connection refused", at: Timestamp(milliseconds: 7))
        #expect(table.brokers.map { $0.error?.text.hasSuffix("refused") } == [nil, true])
        #expect(table.brokers[1].error?.time == Timestamp(milliseconds: 7))
    }

    // MARK: Silence

    @Test mutating func silenceIsThatOfTheClientThatHeardSomethingLast() {
        #expect(table.silentMs(at: start) == nil)
        _ = table.see([sight("a:1", 1, silentMs: 90_000)], by: "producer", at: start)
        #expect(table.silentMs(at: after(1)) == 91_000)
        _ = table.see([sight("a:1", 1, silentMs: 90_000), sight("b:1", 2, silentMs: 200)], by: "consumer", at: start)
        #expect(table.silentMs(at: after(1)) == 200)
    }

    @Test mutating func silenceGrowsBetweenTwoStatistics() {
        _ = table.see([sight("a:1", 1, silentMs: 28_000)], by: "consumer", at: start)
        #expect(table.silentMs(at: after(3)) == 31_000)
    }

    /// librdkafka says nothing of when a connection that is gone last brought something.
    @Test mutating func silenceGrowsThoughAllConnectionsAreGone() {
        _ = table.see([sight("a:1", 1, silentMs: 40)], by: "consumer", at: start)
        for seconds in [5, 10, 15, 20] {
            _ = table.see([sight("a:1", 1, .down, silentMs: nil)], by: "consumer", at: after(seconds))
        }
        #expect(table.silentMs(at: after(22)) == 22_040)
    }

    @Test mutating func aClientThatHasNeverHeardABrokerCountsFromItsFirstWord() {
        _ = table.see([sight("a:1", 1, .down, silentMs: nil)], by: "consumer", at: start)
        _ = table.see([sight("a:1", 1, .down, silentMs: nil)], by: "consumer", at: after(20))
        #expect(table.silentMs(at: after(21)) == 21_000)
    }

    @Test mutating func aClientThatSpeaksSeldomIsNotTakenForDeaf() {
        _ = table.see([sight("a:1", 1, silentMs: 50)], by: "consumer", at: start)
        #expect(table.silentMs(at: after(55)) == 50)
    }

    // MARK: librdkafka's words

    private func broker(_ more: String) throws -> BrokerSighting? {
        BrokerSighting(try JSONValue.parse(Array(#"{"nodename":"a:9092","nodeid":1,\#(more)}"#.utf8)))
    }

    @Test func statesOfLibrdkafkaAreReadAsWhatTheyMean() throws {
        #expect(try broker(#""state":"UP","rxidle":5000,"rtt":{"avg":1500}"#)?.condition == .up)
        #expect(try broker(#""state":"UP","rxidle":5000,"rtt":{"avg":1500}"#)?.roundTripMs == 1.5)
        #expect(try broker(#""state":"INIT","rxidle":-1"#)?.condition == .unused)
        for state in ["DOWN", "TRY_CONNECT", "CONNECT", "SSL_HANDSHAKE", "APIVERSION_QUERY", "AUTH_REQ"] {
            #expect(try broker(#""state":"\#(state)""#)?.condition == .down)
        }
    }

    @Test func aConnectionThatDoesNotAnswerWhatItWasAskedIsNone() throws {
        #expect(try broker(#""state":"UP","waitresp_cnt":1,"rxidle":16000000"#)?.condition == .down)
        #expect(try broker(#""state":"UP","waitresp_cnt":1,"rxidle":9000000"#)?.condition == .up)
        #expect(try broker(#""state":"UP","waitresp_cnt":0,"rxidle":600000000"#)?.condition == .idle)
    }

    /// Joining a group may take minutes; that is no silence.
    @Test func theCoordinatorsConnectionMayTakeItsTime() throws {
        let text = #"{"nodename":"a:9092","nodeid":-1,"state":"UP","waitresp_cnt":1,"rxidle":60000000}"#
        #expect(BrokerSighting(try JSONValue.parse(Array(text.utf8)))?.condition == .idle)
    }
}
