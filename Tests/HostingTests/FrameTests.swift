import Glibc
import System
import Testing

@testable import Hosting

struct FrameTests {
    private let pipe: Pipe

    init() throws {
        pipe = try Pipe(nonBlocking: .reading)
    }

    private func send(_ bytes: [UInt8]) {
        #expect(write(pipe.writing, bytes, bytes.count) == bytes.count)
    }

    /// Everything the reader makes of bytes that come in the given pieces.
    private func frames(_ framing: HostFraming, _ pieces: [[UInt8]]) -> [String] {
        defer { pipe.closeBoth() }
        var reader = FrameReader(framing: framing)
        var frames: [String] = []
        for piece in pieces {
            send(piece)
            guard case .bytes = reader.receive(from: pipe.reading) else { return frames + ["nothing came"] }
            reading: while true {
                switch reader.next() {
                case .payload(let payload): frames.append(String(decoding: payload, as: UTF8.self))
                case .incomplete: break reading
                case .tooLong(let bytes): return frames + ["too long: \(bytes)"]
                case .broken(let why): return frames + ["broken: \(why)"]
                }
            }
        }
        return frames
    }

    @Test(arguments: 1...12) func aFrameMayComeInPieces(split: Int) {
        let bytes: [UInt8] = [3, 0, 0, 0, 97, 98, 99, 2, 0, 0, 0, 100, 101]
        #expect(frames(.lengthPrefixed, [Array(bytes[..<split]), Array(bytes[split...])]) == ["abc", "de"])
    }

    @Test func severalFramesMayComeAtOnce() {
        #expect(frames(.lengthPrefixed, [[1, 0, 0, 0, 97, 1, 0, 0, 0, 98]]) == ["a", "b"])
    }

    @Test func countsTheFramesThatAreThereAsAWhole() {
        defer { pipe.closeBoth() }
        var reader = FrameReader(framing: .lengthPrefixed)
        let expected = [0, 0, 0, 0, 1, 1, 1, 1, 1, 2]
        for (byte, frames) in zip([1, 0, 0, 0, 97, 1, 0, 0, 0, 98] as [UInt8], expected) {
            send([byte])
            guard case .bytes = reader.receive(from: pipe.reading) else { return #expect(Bool(false)) }
            #expect(reader.wholeFrames == frames)
        }
        _ = reader.next()
        #expect(reader.wholeFrames == 1)
    }

    @Test func ofLinesTheRepliesAreCountedUpToWhatMayBeSomethingElse() {
        defer { pipe.closeBoth() }
        var reader = FrameReader(framing: .lines)
        func receive(_ text: String) {
            send(Array(text.utf8))
            guard case .bytes = reader.receive(from: pipe.reading) else { return #expect(Bool(false)) }
        }
        receive(#"{"request_id":"a","status":"completed"}"#)
        #expect(reader.wholeFrames == 0 && !reader.hasWholeFrame)
        receive("\n" + #"{"status":"failed","error":{}}"# + "\n" + #"{"log":{"message":"m"}}"# + "\n")
        receive(#"{"request_id":"b"}"# + "\n")
        #expect(reader.wholeFrames == 2 && reader.hasWholeFrame)
        for _ in 0..<2 { _ = reader.next() }
        #expect(reader.wholeFrames == 0 && !reader.hasWholeFrame)
        _ = reader.next()
        #expect(reader.wholeFrames == 1 && reader.hasWholeFrame)
    }

    @Test func aLengthAboveTheBoundIsToldBeforeTheContentComes() {
        #expect(frames(.lengthPrefixed, [[1, 0, 128, 0]]) == ["too long: 8388609"])
    }

    @Test func aLengthAtTheBoundIsTaken() {
        #expect(frames(.lengthPrefixed, [[0, 0, 128, 0]]) == [])
    }

    @Test func aFrameWithoutContentIsBroken() {
        #expect(frames(.lengthPrefixed, [[0, 0, 0, 0]]) == ["broken: a frame without content"])
    }

    @Test func linesEndWithALineFeed() {
        let pieces = ["first", " line\nsecond\r\nthi", "rd\n"].map { Array($0.utf8) }
        #expect(frames(.lines, pieces) == ["first line", "second", "third"])
    }

    @Test func anEmptyLineIsBroken() {
        #expect(frames(.lines, [Array("a\n\nb\n".utf8)]) == ["a", "broken: an empty line"])
    }

    @Test func aHungUpDescriptorIsTheEndAndASilentOneIsNot() {
        var reader = FrameReader(framing: .lines)
        guard case .nothingYet = reader.receive(from: pipe.reading) else {
            Issue.record("an empty pipe is not at its end")
            return
        }
        close(pipe.writing)
        guard case .end = reader.receive(from: pipe.reading) else {
            Issue.record("a hung-up pipe is at its end")
            return
        }
        close(pipe.reading)
    }

    @Test func severalFramesAreOneWrite() {
        defer { pipe.closeBoth() }
        var writer = FrameWriter(framing: .lengthPrefixed)
        for payload in [[1], [2, 2], [3, 3, 3]] as [[UInt8]] { writer.append(payload) }
        guard case .complete = writer.flush(to: pipe.writing) else {
            Issue.record("a pipe takes a few bytes")
            return
        }
        var bytes = [UInt8](repeating: 0, count: 64)
        let received = read(pipe.reading, &bytes, bytes.count)
        #expect(Array(bytes.prefix(received)) == [1, 0, 0, 0, 1, 2, 0, 0, 0, 2, 2, 3, 0, 0, 0, 3, 3, 3])
        let delivered = writer.deliveredBytes
        #expect(delivered == 18)
        let isEmpty = writer.isEmpty
        #expect(isEmpty)
    }

    @Test func aFullPipeKeepsTheRestForLater() throws {
        let full = try Pipe(nonBlocking: .writing)
        defer { pipe.closeBoth() }
        defer { full.closeBoth() }
        var writer = FrameWriter(framing: .lines)
        writer.append([UInt8](repeating: 97, count: 1 << 20))
        guard case .partial = writer.flush(to: full.writing) else {
            Issue.record("a pipe does not take a megabyte")
            return
        }
        var received = 0
        var buffer = [UInt8](repeating: 0, count: 1 << 16)
        while !writer.isEmpty {
            received += read(full.reading, &buffer, buffer.count)
            _ = writer.flush(to: full.writing)
        }
        let delivered = writer.deliveredBytes
        #expect(delivered == (1 << 20) + 1)
        while received < (1 << 20) + 1 { received += read(full.reading, &buffer, buffer.count) }
        #expect(received == (1 << 20) + 1)
    }
}
