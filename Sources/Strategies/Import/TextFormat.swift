/// What the first bytes of a file say about the rest.
enum TextFormat: Equatable {
    case utf8
    case utf16LittleEndian
    case utf16BigEndian
    /// No text: the name of what it is, and what to do with it.
    case other(String)

    private static let signatures: [(bytes: [UInt8], words: String)] = [
        ([0x50, 0x4B, 0x03, 0x04], "a zip file; unpack it first"),
        ([0xFD, 0x37, 0x7A, 0x58, 0x5A], "packed with xz; unpack it first"),
        ([0x42, 0x5A, 0x68], "packed with bzip2; unpack it first"),
        ([0x28, 0xB5, 0x2F, 0xFD], "packed with zstd; unpack it first"),
        (Array("PAR1".utf8), "a Parquet file; write it as CSV first"),
        ([0xD0, 0xCF, 0x11, 0xE0], "a spreadsheet; save it as CSV first"),
    ]

    init(of bytes: ArraySlice<UInt8>) {
        if let known = Self.signatures.first(where: { bytes.starts(with: $0.bytes) }) {
            self = .other(known.words)
            return
        }
        // With a byte order mark, or by the zero beside the first character, which is ASCII in every table.
        let head = Array(bytes.prefix(2))
        switch (head.first ?? 1, head.last ?? 1) {
        case (0xFF, 0xFE): self = .utf16LittleEndian
        case (0xFE, 0xFF): self = .utf16BigEndian
        case (0x09...0x7E, 0) where head.count == 2: self = .utf16LittleEndian
        case (0, 0x09...0x7E) where head.count == 2: self = .utf16BigEndian
        default: self = .utf8
        }
    }

    /// UTF-16 as UTF-8. What lies beyond the basic plane is no part of a table and becomes U+FFFD.
    func utf8(_ bytes: ArraySlice<UInt8>) -> [UInt8] {
        let isLittle = self == .utf16LittleEndian
        var text: [UInt8] = []
        text.reserveCapacity(bytes.count)
        var index = bytes.startIndex
        while index + 1 < bytes.endIndex {
            let (first, second) = (UInt32(bytes[index]), UInt32(bytes[index + 1]))
            index += 2
            let unit = isLittle ? second << 8 | first : first << 8 | second
            if unit < 0x80 {
                text.append(UInt8(unit))
            } else {
                text.append(contentsOf: Character(Unicode.Scalar(unit) ?? "\u{FFFD}").utf8)
            }
        }
        return text
    }
}
