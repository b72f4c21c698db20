import Messages
import Testing

/// Names of files that are no UTF-8.
@Suite struct FileNameTests {
    private func returned(_ bytes: [UInt8]) -> [UInt8] { FileName.bytes(FileName.text(bytes)) }

    @Test(
        arguments: [
            [0x63, 0x61, 0x66, 0xE9], [0xFF, 0xFE], [0xC3], [0xC3, 0x28], [0xE2, 0x82], [0xF0, 0x9F, 0x98, 0x80, 0x80],
            [0xED, 0xA0, 0x80], [0xC0, 0xAF], [0xEF, 0x9F, 0xA9], [0xEF, 0x9F, 0xA9, 0xE9], [0xEF, 0x9E, 0x80], [],
        ] as [[UInt8]]) func whateverTheBytesAreTheyComeBack(bytes: [UInt8])
    {
        #expect(returned(bytes) == bytes)
        #expect(returned([0x2F] + bytes + [0x2F, 0x61]) == [0x2F] + bytes + [0x2F, 0x61])
    }

    @Test func everyPairOfBytesComesBack() {
        for first in UInt8.min...UInt8.max {
            for second in UInt8.min...UInt8.max {
                guard returned([first, second]) != [first, second] else { continue }
                Issue.record("\(first) \(second)")
            }
        }
    }

    @Test func whatIsUTF8StaysAsItIs() {
        let text = "/d\u{E9}part/\u{1F600}/\u{65E5}"
        #expect(FileName.text(Array(text.utf8)) == text && FileName.bytes(text) == Array(text.utf8))
    }

    @Test func textStaysApartFromWhatStandsForBytes() {
        // Two names that a replacement character would make one.
        #expect(FileName.text([0xE9]) != FileName.text([0xE8]))
        #expect(FileName.text([0xEF, 0x9F, 0xA9]) != FileName.text([0xE9]))
    }

    @Test func aCallOfTheSystemGetsTheBytes() {
        func lent(_ text: String) -> [UInt8] {
            unsafe text.withPath { path in
                var bytes: [UInt8] = []
                while unsafe path[bytes.count] != 0 { unsafe bytes.append(UInt8(bitPattern: path[bytes.count])) }
                return bytes
            }
        }
        #expect(
            lent(FileName.text([0x63, 0xE9])) == [0x63, 0xE9] && lent("c\u{E9}") == [0x63, 0xC3, 0xA9] && lent("") == []
        )
    }

    @Test func aTerminalIsShownTheBytes() {
        #expect(FileName.text([0x63, 0x61, 0x66, 0xE9]).escapedForTerminal == #"caf\xE9"#)
    }
}
