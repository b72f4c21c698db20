import Testing

@testable import Kafka

@Suite struct KeptRecordsTests {
    private var kept = KeptRecords<String>()

    init() {
        kept.append("a", bytes: 10, to: 0)
        kept.append("b", bytes: 5, to: 0)
        kept.append("c", bytes: 3, to: 1)
    }

    @Test mutating func whatIsKeptComesInOrderAndOnce() {
        #expect(kept.first(of: 0) == "a")
        #expect(kept.takeFirst(of: 0) == "a")
        #expect(kept.first(of: 0) == "b")
        #expect(kept.takeFirst(of: 0) == "b")
        #expect(kept.takeFirst(of: 0) == nil)
        #expect(kept.first(of: 0) == nil)
        #expect(kept.takeFirst(of: 1) == "c")
    }

    @Test mutating func whatIsKeptLaterComesAfterWhatIsLeft() {
        #expect(kept.takeFirst(of: 0) == "a")
        kept.append("d", bytes: 1, to: 0)
        #expect(kept.takeFirst(of: 0) == "b")
        #expect(kept.takeFirst(of: 0) == "d")
    }

    @Test mutating func bytesAreOfWhatIsLeft() {
        #expect(kept.bytes == 18)
        _ = kept.takeFirst(of: 0)
        #expect(kept.bytes(of: 0) == 5)
        #expect(kept.bytes == 8)
        _ = kept.takeFirst(of: 0)
        #expect(kept.bytes(of: 0) == 0)
        #expect(kept.partitions == [1])
    }

    @Test mutating func aPartitionThatIsGivenUpLeavesNothing() {
        _ = kept.takeFirst(of: 0)
        #expect(kept.takeAll(of: 0) == ["b"])
        #expect(kept.takeAll(of: 0).isEmpty)
        #expect(kept.bytes == 3)
        #expect(kept.takeFirst(of: 0) == nil)
    }
}
