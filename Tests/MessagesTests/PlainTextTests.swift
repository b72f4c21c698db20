import Testing

@testable import Messages

@Suite struct PlainTextTests {
    private func end(of bytes: [UInt8], from start: Int, to end: Int) -> Int {
        bytes.withUnsafeBytes { PlainText.end(of: $0[..<end], from: start) }
    }

    @Test func endsAtTheFirstByteThatIsNotPlainWhateverItIsAndWhereverItStands() {
        for byte in UInt8.min...UInt8.max {
            let isPlain = (0x20..<0x80).contains(byte) && byte != UInt8(ascii: "\"") && byte != UInt8(ascii: "\\")
            for place in 0..<20 {
                var bytes = [UInt8](repeating: UInt8(ascii: "a"), count: 20)
                bytes[place] = byte
                #expect(end(of: bytes, from: 0, to: 20) == (isPlain ? 20 : place))
            }
        }
    }

    @Test(arguments: [0x00, 0x1F, 0x22, 0x5C, 0x80, 0xFF] as [UInt8])
    func bytesBehindTheFirstDoNotMoveIt(byte: UInt8) {
        for behind in UInt8.min...UInt8.max {
            let bytes = [UInt8](repeating: UInt8(ascii: "~"), count: 3) + [byte] + [UInt8](repeating: behind, count: 12)
            #expect(end(of: bytes, from: 0, to: bytes.count) == 3)
        }
    }

    @Test func looksAtNothingBeforeItsStartOrBehindItsEnd() {
        let quote = UInt8(ascii: "\"")
        for start in 0...20 {
            for end in start...20 {
                var bytes = [UInt8](repeating: quote, count: 20)
                for place in start..<end { bytes[place] = UInt8(ascii: "x") }
                #expect(self.end(of: bytes, from: start, to: end) == end)
            }
        }
    }
}
