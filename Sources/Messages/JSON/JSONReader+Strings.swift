extension JSONReader {
    /// A string, its escapes resolved.
    package mutating func string() throws(JSONProblem) -> String {
        guard try peek() == Byte.quote else { throw problem("expected a string, found \(found())") }
        let start = position + 1
        let hasEscapes = try scanString()
        return text(of: Key(content: start..<position - 1, hasEscapes: hasEscapes))
    }

    /// Moves past a string and checks it; says whether it holds escapes.
    mutating func scanString() throws(JSONProblem) -> Bool {
        let start = position
        position += 1
        var hasEscapes = false
        var isASCII = true
        while true {
            position = unsafe bytes.withUnsafeBytes { unsafe PlainText.end(of: $0[..<limit], from: position) }
            guard position < limit else { break }
            let byte = bytes[position]
            position += 1
            if byte == Byte.quote {
                if !isASCII, let invalid = UTF8Check.firstInvalid(in: bytes, from: start + 1, to: position - 1) {
                    throw problem("invalid UTF-8 inside a string", at: invalid)
                }
                return hasEscapes
            }
            if byte == Byte.backslash {
                hasEscapes = true
                try scanEscape()
            } else if byte < 0x20 {
                throw problem("a control character inside a string must be escaped", at: position - 1)
            } else if byte >= 0x80 {
                isASCII = false
            }
        }
        throw problem("the document ends inside the string that starts at byte \(start)", at: limit)
    }

    private mutating func scanEscape() throws(JSONProblem) {
        guard position < limit else { throw problem("the document ends inside an escape") }
        let kind = bytes[position]
        position += 1
        guard kind == UInt8(ascii: "u") else {
            guard Byte.simpleEscape(kind) != nil else { throw problem("unknown escape in a string", at: position - 1) }
            return
        }
        let unit = try hexUnit()
        guard unit & 0xF800 == 0xD800 else { return }
        guard unit < 0xDC00, position + 1 < limit, bytes[position] == Byte.backslash,
            bytes[position + 1] == UInt8(ascii: "u")
        else { throw problem("a lone surrogate in a string", at: position - 4) }
        position += 2
        guard try hexUnit() & 0xFC00 == 0xDC00 else { throw problem("a lone surrogate in a string", at: position - 4) }
    }

    private mutating func hexUnit() throws(JSONProblem) -> UInt32 {
        guard position + 4 <= limit else { throw problem("the document ends inside an escape", at: limit) }
        var unit: UInt32 = 0
        for byte in bytes[position..<position + 4] {
            guard let digit = Byte.hexDigit(byte) else { throw problem("expected four hexadecimal digits after \\u") }
            unit = unit << 4 | digit
        }
        position += 4
        return unit
    }

    /// Resolves the escapes of content that `scanString` has accepted.
    func unescape(_ content: ArraySlice<UInt8>) -> String {
        var units: [UInt8] = []
        units.reserveCapacity(content.count)
        var index = content.startIndex
        func unit(at start: Int) -> UInt32 {
            content[start..<start + 4].reduce(0) { $0 << 4 | (Byte.hexDigit($1) ?? 0) }
        }
        while index < content.endIndex {
            guard content[index] == Byte.backslash else {
                units.append(content[index])
                index += 1
                continue
            }
            if let simple = Byte.simpleEscape(content[index + 1]) {
                units.append(simple)
                index += 2
                continue
            }
            var scalar = unit(at: index + 2)
            index += 6
            if scalar & 0xFC00 == 0xD800 {
                scalar = 0x10000 + (scalar & 0x3FF) << 10 + unit(at: index + 2) & 0x3FF
                index += 6
            }
            if let character = Unicode.Scalar(scalar) { units.append(contentsOf: Character(character).utf8) }
        }
        return String(decoding: units, as: UTF8.self)
    }
}
