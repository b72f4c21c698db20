import Messages
import Testing

@testable import Scheduling

@Suite struct DoneMapTests {
    private func map(_ runs: [ClosedRange<Int64>], first: Int64 = 0) throws -> DoneMap {
        let last = try #require(runs.last?.upperBound)
        return try #require(
            DoneMap(first: LogMark(offset: first, digest: 7), runs: runs, last: LogMark(offset: last, digest: .max)))
    }

    @Test func isNoneWithoutAnythingDoneInOrder() {
        let mark = LogMark(offset: 5, digest: 1)
        #expect(DoneMap(first: mark, runs: [], last: mark) == nil)
        #expect(DoneMap(first: mark, runs: [1...4], last: mark) == nil)
        #expect(DoneMap(first: mark, runs: [4...4, 3...5], last: mark) == nil)
        #expect(DoneMap(first: mark, runs: [-1...5], last: mark) == nil)
        #expect(DoneMap(first: LogMark(offset: 6, digest: 1), runs: [4...5], last: mark) == nil)
        #expect(DoneMap(first: mark, runs: [0...2, 4...5], last: mark) != nil)
    }

    @Test func containsWhatItsRunsDo() throws {
        let map = try map([3...3, 5...9, 20...21])
        let inside = (Int64(0)..<30).filter(map.contains)
        #expect(inside == [3, 5, 6, 7, 8, 9, 20, 21])
    }

    @Test func runsWithoutOthersAreWhatNoneOfThemCovers() {
        let runs: [ClosedRange<Int64>] = [0...9, 20...29, 40...40]
        #expect(runs.subtracting([]) == runs)
        #expect(runs.subtracting([0...100]).isEmpty)
        #expect(runs.subtracting([2...3, 5...22, 28...40]) == [0...1, 4...4, 23...27])
        #expect([5...Int64.max].subtracting([7...Int64.max]) == [5...6])
    }

    @Test func runsWithOthersAreWhatEitherCovers() {
        let runs: [ClosedRange<Int64>] = [0...9, 20...29, 40...40]
        #expect(runs.united(with: []) == runs)
        #expect(runs.united(with: [10...19, 30...30, 39...39, 41...50]) == [0...30, 39...50])
        #expect(runs.united(with: [5...22, 60...Int64.max]) == [0...29, 40...40, 60...Int64.max])
        #expect([5...Int64.max].united(with: [7...8, 9...Int64.max]) == [5...Int64.max])
    }

    @Test(arguments: [
        [0...0], [0...999_999], [5...Int64.max - 1], [1...1, 3...3, 5...5, 7...7], [2...3, 1_000_000...1_000_001],
    ])
    func isReadAsItWasWritten(runs: [ClosedRange<Int64>]) throws {
        let map = try map(runs)
        let text = try #require(CommitMetadataCodec.encode([map]))
        #expect(try CommitMetadataCodec.decode(text) == CommitMetadata(maps: [map]))
    }

    @Test func everyMapOfARandomHistoryIsReadAsItWasWritten() throws {
        var random = SplitMix64(state: .random(in: 0...UInt64.max))
        let seed = random.state
        for _ in 0..<300 {
            let density = Int.random(in: 1...99, using: &random)
            let begin = Int64.random(in: 0...1 << 50, using: &random)
            var runs: [ClosedRange<Int64>] = []
            for offset in begin..<begin + .random(in: 1...3000, using: &random) where random.chance(density) {
                if runs.last?.upperBound == offset - 1 {
                    runs[runs.count - 1] = runs[runs.count - 1].lowerBound...offset
                } else {
                    runs.append(offset...offset)
                }
            }
            guard !runs.isEmpty else { continue }
            let map = try map(runs, first: begin)
            let text = try #require(CommitMetadataCodec.encode([map]), "seed \(seed)")
            #expect(text.utf8.count <= CommitMetadataCodec.mostBytes && text.utf8.allSatisfy { $0 < 128 })
            #expect(try CommitMetadataCodec.decode(text).maps == [map], "seed \(seed)")
        }
    }

    @Test func whatIsTooMuchInSeveralMapsIsWrittenAsOne() throws {
        let earlier = try map((Int64(0)..<900).map { $0 * 300 + 10...$0 * 300 + 250 })
        let own = try map((Int64(0)..<300).map { $0 * 300 + 251...$0 * 300 + 309 }, first: 3)
        #expect(CommitMetadataCodec.encode([own]) != nil && CommitMetadataCodec.encode([earlier]) != nil)
        let text = try #require(CommitMetadataCodec.encode([own, earlier]))
        let united = try #require(try CommitMetadataCodec.decode(text).maps.first)
        #expect(try CommitMetadataCodec.decode(text).maps.count == 1)
        #expect(united.first == own.first && united.last == earlier.last)
        #expect(united.runs.first == 10...300 * 300 + 250 && united.runs.count == 600)
    }

    @Test func ofWhatIsTooMuchTheFirstMapsAreWritten() throws {
        let small = try map([1...2])
        let large = try map((Int64(0)..<5000).map { $0 * 100...$0 * 100 })
        #expect(CommitMetadataCodec.encode([large]) == nil)
        let text = try #require(CommitMetadataCodec.encode([small, small, large]))
        #expect(try CommitMetadataCodec.decode(text).maps == [small, small])
        #expect(CommitMetadataCodec.encode([]) == nil)
    }

    /// In whatever order the rest becomes done.
    @Test func whatSurelyFitsDoes() throws {
        for (span, notDone) in [(23_000, 20_000), (1_000_000, 400), (1 << 40, 150)] as [(Int64, Int)] {
            #expect(CommitMetadataCodec.surelyFits(span: span, notDone: notDone))
            // The worst of them: every other one of those not done.
            let step = span / Int64(notDone + 1)
            let runs = (0...Int64(notDone)).map { place -> ClosedRange<Int64> in
                let start = place * step + 1
                return start...max(start, start + step - 2)
            }
            let merged = step > 1 ? runs : [1...span]
            let transaction = TransactionMark(.max)
            let text = try #require(CommitMetadataCodec.encode([try map(merged)], transaction: transaction))
            let metadata = try CommitMetadataCodec.decode(text)
            #expect(metadata.maps == [try map(merged)] && metadata.transaction == transaction, "\(span), \(notDone)")
        }
        #expect(!CommitMetadataCodec.surelyFits(span: 100_000, notDone: 5000))
    }

    // MARK: What anybody may have written

    @Test func whatIsNotOursIsForeignAndWhatIsNewerIsSaidToBe() {
        for text in [
            "", "x", "done", "done:", "done1", "done-1:AAAA", "{\"a\":1}", String(repeating: "d", count: 9000),
        ] {
            #expect(throws: CommitMetadataCodec.Problem.foreign, "\(text.prefix(20))") {
                try CommitMetadataCodec.decode(text)
            }
        }
        #expect(throws: CommitMetadataCodec.Problem.newer("4")) { try CommitMetadataCodec.decode("done4:whatever") }
        #expect(throws: CommitMetadataCodec.Problem.damaged("no base 64")) { try CommitMetadataCodec.decode("done1:§") }
    }

    @Test func aCommitHasTheMarkOfItsTransactionThoughItsMapsAreTooMuch() throws {
        // Nothing of them in common, so that they cannot be one; each by itself has just no room.
        let all = (0..<3000).map { Int64($0 * 1000)...Int64($0 * 1000) }
        for maps in [[], [try map([1...2])], [try map(all)]] {
            let text = try #require(CommitMetadataCodec.encode(maps, transaction: TransactionMark(7)))
            #expect(text.hasPrefix("done3:") && text.utf8.count <= CommitMetadataCodec.mostBytes)
            #expect(try CommitMetadataCodec.decode(text).transaction == TransactionMark(7))
        }
        let twice = CommitMetadataCodec.text(ofContent: [3] + [UInt8](repeating: 0, count: 8) + [3, 0], version: "3")
        #expect(throws: CommitMetadataCodec.Problem.damaged("its transaction is none")) {
            try CommitMetadataCodec.decode(twice)
        }
    }

    @Test func aTextWithOneByteChangedIsNotBelieved() throws {
        let text = Array(try #require(CommitMetadataCodec.encode([try map([1...2, 7...9])])).utf8)
        for place in text.indices {
            var changed = text
            changed[place] ^= 1
            let decoded = try? CommitMetadataCodec.decode(String(decoding: changed, as: UTF8.self))
            #expect(decoded == nil, "byte \(place)")
        }
    }

    /// With a checksum that is right, so that every rule behind it is met.
    @Test func noBytesAreMoreThanRefused() throws {
        var random = SplitMix64(state: .random(in: 0...UInt64.max))
        let seed = random.state
        let valid = try #require(
            CommitMetadataCodec.encode(
                [try map([1...2, 7...9]), try map((0..<50).map { $0 * 2...$0 * 2 })],
                failures: [FailureMark(offset: 3, digest: 7, count: 1), FailureMark(offset: 900, digest: 8, count: 2)],
                transaction: TransactionMark(99)))
        let content = try #require(Base64.decode(Array(valid.utf8.dropFirst("done3:".utf8.count)))).dropFirst(4)
        for _ in 0..<20_000 {
            var bytes = random.chance(50) ? Array(content) : []
            for _ in 0..<Int.random(in: 1...8, using: &random) {
                let byte =
                    [0, 1, 0x7F, 0x80, 0xFF].randomElement(using: &random) ?? UInt8.random(in: 0...255, using: &random)
                if bytes.isEmpty || random.chance(30) {
                    bytes.append(byte)
                } else {
                    bytes[Int.random(in: bytes.indices, using: &random)] = byte
                }
            }
            if random.chance(20) { bytes.removeLast(Int.random(in: 0...bytes.count, using: &random)) }
            let text = CommitMetadataCodec.text(ofContent: bytes)
            guard let metadata = try? CommitMetadataCodec.decode(text) else { continue }
            for map in metadata.maps { #expect(map.contains(map.last.offset), "seed \(seed)") }
        }
    }
}
