import Testing

@testable import Scheduling

@Suite struct WorkQueueTests {
    private var queue = WorkQueue(bound: 4)

    private var offsets: [Int64] { queue.all.map(\.coordinates.offset) }

    private mutating func append(_ offsets: ClosedRange<Int64>, partition: Int32 = 0) throws {
        for offset in offsets { queue.append(try step(partition: partition, offset: offset)) }
    }

    @Test mutating func theOldestIsTheNext() throws {
        try append(0...3)
        #expect((0..<2).map { _ in queue.take(at: 0).coordinates.offset } == [0, 1])
        try append(4...5)
        #expect(queue.take(at: 1).coordinates.offset == 3)
        #expect(offsets == [2, 4, 5])
    }

    @Test mutating func whoRunsAgainComesFirstInTheOrderInWhichTheyWereLost() throws {
        try append(0...1)
        for offset in Int64(10)...12 { queue.appendAgain(try step(offset: offset)) }
        #expect(offsets == [10, 11, 12, 0, 1])
        #expect(queue[0].coordinates.offset == 10 && queue[3].coordinates.offset == 0)
    }

    @Test mutating func whoRunsAgainTakesNoPlaceThatIsPromised() throws {
        try append(0...2)
        #expect(queue.room == 1)
        for offset in Int64(10)...12 { queue.appendAgain(try step(offset: offset)) }
        #expect(queue.depth == 3 && queue.room == -2)
        // The place that was there when somebody asked is there still.
        try append(3...3)
        #expect(queue.depth == 4 && queue.count == 7)
        #expect(queue.unplaced.map(\.coordinates.offset) == [10, 11, 12])
        #expect(queue.placed.map(\.coordinates.offset) == [0, 1, 2, 3])
    }

    @Test mutating func whoLeavesMakesRoomForTheLastOfThem() throws {
        try append(0...3)
        for offset in Int64(10)...11 { queue.appendAgain(try step(offset: offset)) }
        #expect(queue.take(at: 3).coordinates.offset == 1)
        #expect(queue.unplaced.map(\.coordinates.offset) == [10])
        #expect(queue.depth == 4)
        // One that has no place leaves none.
        #expect(queue.take(at: 0).coordinates.offset == 10)
        #expect(queue.unplaced.isEmpty && queue.depth == 4)
        #expect(offsets == [11, 0, 2, 3])
    }

    @Test(arguments: [(0, 0), (1, 1), (2, 2), (3, 2)])
    func placesAreGivenAsFarAsOthersLeaveSome(others: Int, unplaced: Int) throws {
        var queue = WorkQueue(bound: 4)
        for offset in Int64(0)...1 { queue.append(try step(offset: offset)) }
        for offset in Int64(10)...11 { queue.appendAgain(try step(offset: offset)) }
        queue.givePlaces(beside: others)
        #expect(queue.unplaced.count == unplaced)
        #expect(queue.all.map(\.coordinates.offset) == [10, 11, 0, 1])
    }

    @Test mutating func aPartitionThatIsGivenUpTakesItsStepsFromAmongAll() throws {
        try append(0...1)
        try append(2...2, partition: 1)
        queue.appendAgain(try step(partition: 1, offset: 10))
        queue.appendAgain(try step(partition: 0, offset: 11))
        queue.appendAgain(try step(partition: 1, offset: 12))
        #expect(queue.drop(partitions: [1]).map(\.coordinates.offset) == [10, 12, 2])
        #expect(queue.unplaced.map(\.coordinates.offset) == [11])
        #expect(queue.placed.map(\.coordinates.offset) == [0, 1])
        #expect(queue.dropAll().map(\.coordinates.offset) == [11, 0, 1])
        #expect(queue.isEmpty && queue.depth == 0 && queue.room == 4)
    }

    /// Against an array, through many turns: what is moved within the queue's storage keeps its order.
    @Test mutating func itsOrderIsThatOfTheSimplestModel() throws {
        var random = SplitMix64(state: 11)
        var (model, unplaced) = ([Int64](), 0)
        for offset in Int64(0)..<2000 {
            switch Int.random(in: 0..<10, using: &random) {
            case 0..<4 where model.count - unplaced < 4:
                try append(offset...offset)
                model.append(offset)
            case 4:
                queue.appendAgain(try step(offset: offset))
                model.insert(offset, at: unplaced)
                unplaced += 1
            case 5:
                queue.givePlaces(beside: 1)
                while unplaced > 0, model.count - unplaced < 3 { unplaced -= 1 }
            case 6...9 where !model.isEmpty:
                let place = random.chance(70) ? 0 : Int.random(in: 0..<model.count, using: &random)
                #expect(queue.take(at: place).coordinates.offset == model.remove(at: place))
                unplaced = max(0, unplaced - 1)
            default: break
            }
            #expect(offsets == model && queue.unplaced.count == unplaced)
        }
    }

    @Test mutating func itKnowsTheMostThatAnyOfThemAsksForUntilItIsEmpty() throws {
        for (memory, cpu) in [(100, 90), (300, 20), (200, 50)] {
            let limits = ResourceLimits(cpuPercent: cpu, memoryMB: memory, timeoutMs: 1)
            queue.append(try step(offset: Int64(memory), limits: limits))
        }
        #expect(queue.most.memoryMB == 300 && queue.most.cpuPercent == 90)
        _ = queue.take(at: 1)
        #expect(queue.most.memoryMB == 300)
        for _ in 0..<2 { _ = queue.take(at: 0) }
        #expect(queue.most.memoryMB == 0 && queue.most.cpuPercent == 0)
    }
}
