import Messages
import Testing

@testable import Scheduling

@Suite struct InFlightTableTests {
    private var table = InFlightTable()

    private mutating func take(
        partition: Int32 = 0, generation: Int = 1, _ offset: Int64, digest: UInt64 = 0, bytes: Int = 1
    ) -> UInt64 {
        table.takePlanned(
            RequestCoordinates(partition: partition, generation: generation, offset: offset), digest: digest,
            bytes: bytes)
    }

    @Test mutating func aResultThatIsAloneMakesItsRequestDone() throws {
        let token = take(partition: 3, generation: 2, 7, digest: 11)
        #expect(table[token]?.requestID == "3-7")
        let answer = table.acknowledge(token, .result, .completed)
        let done = try #require(answer)
        #expect(done.coordinates == RequestCoordinates(partition: 3, generation: 2, offset: 7))
        #expect(done.digest == 11)
        #expect(done.request.status == .completed)
        #expect(table[token] == nil && table.isEmpty)
    }

    @Test(arguments: [[MessagePart.resultOfTwo, .deadLetter], [.deadLetter, .resultOfTwo]])
    mutating func aResultAndADeadLetterMakeItDoneTogether(parts: [MessagePart]) {
        let token = take(0)
        #expect(table.acknowledge(token, parts[0], .rejected) == nil)
        // The same one again is not the other.
        #expect(table.acknowledge(token, parts[0], .rejected) == nil)
        #expect(table.load.count == 1)
        #expect(table.acknowledge(token, parts[1], .rejected)?.request.status == .rejected)
        #expect(table.isEmpty)
    }

    @Test mutating func theStatusIsThatOfTheResultAndNotOfTheDeadLetter() {
        let token = take(0)
        #expect(table.acknowledge(token, .resultOfTwo, .failed) == nil)
        #expect(table.acknowledge(token, .deadLetter, .completed)?.request.status == .failed)
    }

    @Test mutating func whatIsAbandonedIsNeverDone() {
        let token = take(0, bytes: 100)
        table.abandon(token)
        #expect(table.load == InFlightLoad())
        #expect(table.acknowledge(token, .result, .completed) == nil)
        table.abandon(token)
        #expect(table.load == InFlightLoad())
    }

    @Test mutating func whatIsDoneIsNotAbandonedLater() {
        let token = take(0, bytes: 100)
        let other = take(1, bytes: 10)
        #expect(table.acknowledge(token, .result, .completed) != nil)
        table.abandon(token)
        #expect(table.acknowledge(token, .result, .completed) == nil)
        #expect(table.load == InFlightLoad(count: 1, bytes: 10))
        #expect(table[other] != nil)
    }

    @Test mutating func numberAndBytesAreThoseOfWhatIsInFlight() {
        let tokens = (1...4).map { take(Int64($0), bytes: 100 * $0) }
        #expect(table.load == InFlightLoad(count: 4, bytes: 1000))
        #expect(table.acknowledge(tokens[1], .deadLetter, .rejected) == nil)
        #expect(table.load == InFlightLoad(count: 4, bytes: 1000))
        #expect(table.acknowledge(tokens[1], .resultOfTwo, .rejected) != nil)
        #expect(table.load == InFlightLoad(count: 3, bytes: 800))
        for token in tokens { table.abandon(token) }
        #expect(table.load == InFlightLoad())
    }

    @Test mutating func aPartitionIsBusyWithWhatItHasOfAnyAssignment() {
        let old = take(partition: 1, generation: 1, 5)
        let new = take(partition: 1, generation: 2, 5)
        _ = take(partition: 2, 0)
        #expect(table.count(of: 1) == 2 && table.count(of: 2) == 1 && table.count(of: 3) == 0)
        #expect(table.acknowledge(old, .result, .completed) != nil)
        #expect(table.count(of: 1) == 1)
        table.abandon(new)
        #expect(table.count(of: 1) == 0 && table.count(of: 2) == 1)
    }

    @Test mutating func aPlaceThatIsUsedAgainAnswersToNoTokenOfBefore() {
        let first = take(0)
        table.abandon(first)
        let second = take(1)
        #expect(second > first)
        #expect(table[first] == nil)
        #expect(table.acknowledge(first, .result, .completed) == nil)
        #expect(table.nextForm(of: first, .result) == nil)
        table.abandon(first)
        #expect(table[second]?.requestID == "0-1" && table.load.count == 1)
    }

    @Test mutating func whatIsTakenLaterHasTheLargerToken() {
        var tokens: [UInt64] = []
        for offset in Int64(0)..<100 {
            tokens.append(take(offset))
            // Places come free in another order than they were taken in.
            if offset % 3 == 0 { table.abandon(tokens[tokens.count / 2]) }
        }
        #expect(tokens == tokens.sorted() && Set(tokens).count == 100)
        #expect(tokens.allSatisfy { $0 > 0 && $0 <= InFlightTable.largestToken })
    }

    @Test mutating func whatIsTakenCountsBeforeItIsPlannedAndIsDoneByNothing() {
        let token = table.take(RequestCoordinates(partition: 0, generation: 1, offset: 0), digest: 0, bytes: 5)
        #expect(table.load == InFlightLoad(count: 1, bytes: 5))
        #expect(table[token] == nil && table.lowest.isEmpty)
        #expect(table.acknowledge(token, .result, .completed) == nil)
        #expect(table.load.count == 1)
        table.abandon(token)
        table.plan(inFlightRequest(token))
        #expect(table[token] == nil && table.isEmpty)
    }

    @Test mutating func eachMessageHasItsFormsOneAfterTheOther() {
        let token = take(0)
        #expect(table.nextForm(of: token, .result) == .small)
        #expect(table.nextForm(of: token, .result) == .deadLetter)
        #expect(table.nextForm(of: token, .result) == nil)
        for part in [MessagePart.resultOfTwo, .deadLetter] {
            #expect(table.nextForm(of: token, part) == .small)
            #expect(table.nextForm(of: token, part) == nil)
        }
        #expect(table.nextForm(of: token + 1, .result) == nil)
    }

    @Test mutating func theLowestOffsetOfAPartitionHoldsItBack() {
        _ = take(partition: 0, 9)
        let low = take(partition: 0, 4)
        _ = take(partition: 1, 2)
        #expect(table.lowest.mapValues(\.origin.offset) == [0: 4, 1: 2])
        #expect(table.lowest[0]?.token == low)
        table.abandon(low)
        #expect(table.lowest.mapValues(\.origin.offset) == [0: 9, 1: 2])
    }

    @Test mutating func theOldestResultCountsFromWhenItWasFirstSeen() {
        let (a, b, c) = (take(0), take(1), take(2))
        #expect(table.oldestUnacknowledged(notEnded: [a, b, c], at: time(0)) == nil)
        #expect(table.oldestUnacknowledged(notEnded: [c], at: time(1000)) == time(1000))
        #expect(table.acknowledge(a, .result, .completed) != nil)
        #expect(table.oldestUnacknowledged(notEnded: [], at: time(2000)) == time(1000))
        #expect(table.acknowledge(b, .result, .completed) != nil)
        #expect(table.oldestUnacknowledged(notEnded: [], at: time(3000)) == time(2000))
        // Its message came back and its step runs again: that is no waiting.
        #expect(table.oldestUnacknowledged(notEnded: [c], at: time(4000)) == nil)
        #expect(table.oldestUnacknowledged(notEnded: [], at: time(5000)) == time(5000))
        // A new request in an old place begins anew.
        table.abandon(c)
        _ = take(3)
        #expect(table.oldestUnacknowledged(notEnded: [], at: time(6000)) == time(6000))
    }
}
