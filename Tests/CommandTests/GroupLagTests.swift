import Kafka
import Messages
import Testing

@testable import optimizer

@Suite struct GroupLagTests {
    private static func extent(_ low: Int64, _ high: Int64, stable: Int64? = nil) -> PartitionExtent {
        PartitionExtent(marks: Watermarks(low: low, high: high), stableEnd: stable ?? high)
    }

    private static func lag(_ partitions: [(committed: Int64?, extent: PartitionExtent?)]) -> GroupLag {
        GroupLag(
            group: "g", topic: "requests",
            partitions: partitions.enumerated().map {
                .init(number: Int32($0), committed: $1.committed, extent: $1.extent)
            }, members: nil)
    }

    @Test func anOffsetBeyondTheEndCountsAsWhatANodeThenRuns() {
        let lag = Self.lag([(500, Self.extent(0, 5)), (500, Self.extent(0, 0)), (500, Self.extent(0, 4))])
        #expect(lag.total == 9)
        #expect(lag.lines[1].contains("offset 500 is not there any more (0 to 5): a node runs all that is there"))
    }

    @Test func anOffsetThatRetentionHasPassedCountsFromWhatIsLeft() {
        let lag = Self.lag([(3, Self.extent(10, 30)), (nil, Self.extent(10, 12)), (30, Self.extent(10, 30))])
        #expect(lag.partitions.map(\.lag) == [20, 2, 0])
        #expect(lag.partitions.map(\.isOutOfRange) == [true, false, false])
    }

    @Test func whatStandsBehindAnOpenTransactionIsLagAndIsSaid() throws {
        let lag = Self.lag([(100, Self.extent(0, 430, stable: 100)), (7, Self.extent(0, 7))])
        #expect(lag.total == 330)
        #expect(lag.lines[1].contains("330 behind offset 100, where a transaction of their producer is open"))
        let json = try JSONValue.parse(Array(lag.json.utf8))
        #expect(json["partitions"]?.elements?.first?["stable_end"]?.integer == 100)
    }

    @Test func aPartitionThatNobodyLeadsIsNotTakenForOneWithoutLag() {
        let lag = Self.lag([(1, nil), (1, Self.extent(0, 4))])
        #expect(lag.unknown == [0])
        #expect(lag.total == 3)
        #expect(lag.lines[1].contains("no broker leads this partition") && lag.lines[3].contains(">= 3"))
    }

    @Test func aGroupIsUnknownOnlyWhenItsCoordinatorSaysSo() {
        var lag = GroupLag(
            group: "g", topic: "requests",
            partitions: [.init(number: 0, committed: nil, extent: Self.extent(0, 5))],
            members: GroupDescription(exists: false, isSettled: true, members: []))
        #expect(lag.isUnknownGroup)
        lag.partitions = [.init(number: 0, committed: 5, extent: Self.extent(0, 5))]
        #expect(!lag.isUnknownGroup)
        #expect(!Self.lag([(nil, Self.extent(0, 5))]).isUnknownGroup)
    }
}

@Suite struct NodeWordTests {
    private let now = Timestamp(milliseconds: 1_790_000_000_000)

    private func event(_ node: String, secondsAgo: Int64, partitions: [Int], blocked: String = "") throws -> JSONValue {
        let time = Timestamp(milliseconds: now.milliseconds - 1000 * secondsAgo).rfc3339
        return try .parse(
            Array(
                #"{"event":"interval","node":"\#(node)","time":"\#(time)","interval_ms":5000,"partitions":\#(partitions),"blocked":[\#(blocked)]}"#
                    .utf8))
    }

    private func group(_ members: [[Int32]], isSettled: Bool = true) -> GroupDescription {
        GroupDescription(
            exists: true, isSettled: isSettled,
            members: members.map { .init(host: "10.0.0.7", instanceID: nil, partitions: $0) })
    }

    @Test func whoHasTheRequestSaysHowItStands() throws {
        var word = NodeWord()
        try word.take(
            event(
                "n1", secondsAgo: 1, partitions: [0, 1],
                blocked: #"{"partition":0,"offset":7,"state":"running","slot":2}"#), at: now)
        #expect(word.holder(of: 0, at: 7, nil).text == "running in slot 2 on n1")
        #expect(word.holder(of: 1, at: 0, nil).text == "not taken by n1")
        // Of an offset that it did not speak of, it has said nothing.
        #expect(word.holder(of: 0, at: 9, nil).text.hasPrefix("with n1, how far is not known: no metrics event since "))
    }

    @Test func whatAMemberHasThatSaysNothingIsNotTakenForUntaken() throws {
        var word = NodeWord()
        try word.take(event("n1", secondsAgo: 60, partitions: [0]), at: now)
        let holder = word.holder(of: 0, at: 3, group([[0]]))
        #expect(holder.state == "unknown" && holder.host == "10.0.0.7")
        #expect(holder.silentSince == Timestamp(milliseconds: now.milliseconds - 60_000))
        #expect(holder.text.contains("with a node at 10.0.0.7, how far is not known: no metrics event since "))
        #expect(word.holder(of: 0, at: 3, nil).state == "unknown", "nobody speaks, and the group cannot be asked")
    }

    @Test func whatNoMemberHasIsNotTaken() {
        #expect(NodeWord().holder(of: 0, at: 3, group([[1]])).text == "not taken by any node")
        #expect(NodeWord().holder(of: 0, at: 3, group([])).state == "not_taken")
        #expect(NodeWord().holder(of: 0, at: 3, group([[]], isSettled: false)).state == "unknown")
    }
}
