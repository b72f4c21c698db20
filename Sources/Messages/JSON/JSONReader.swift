/// A pull reader for JSON (RFC 8259), made by hand because a request passes it on the hot path.
///
/// It reads from bytes of its own, checks every index, bounds nesting, refuses invalid UTF-8, lone surrogates,
/// trailing text and numbers that no double holds, and says at which byte.
package struct JSONReader {
    /// Deeper documents are refused: a megabyte of brackets must not cost a megabyte of stack.
    package static let maximumDepth = 128

    package let bytes: [UInt8]
    package private(set) var position: Int
    private let limit: Int
    private var depth = 0

    package init(_ bytes: [UInt8]) {
        self.bytes = bytes
        position = 0
        limit = bytes.count
    }

    /// Reads one part of a larger document; positions in problems stay those of the document.
    package init(_ bytes: [UInt8], range: Range<Int>) {
        self.bytes = bytes
        position = range.lowerBound
        limit = range.upperBound
    }

    package func problem(_ message: String, at offset: Int? = nil) -> JSONProblem {
        JSONProblem(offset: offset ?? position, message: message)
    }

    // MARK: Structure

    /// The first byte of the next value, without taking it.
    package mutating func peek() throws(JSONProblem) -> UInt8 {
        skipSpace()
        guard position < limit else { throw problem("the document ends where a value should be") }
        return bytes[position]
    }

    /// Takes `{`; then call `nextName` until it gives nil.
    package mutating func beginObject() throws(JSONProblem) {
        try open(Byte.openBrace, "an object")
    }

    /// Takes `[`; then call `nextElement` until it gives false.
    package mutating func beginArray() throws(JSONProblem) {
        try open(Byte.openBracket, "a list")
    }

    /// The next member's name, its colon taken, or nil at the end of the object.
    package mutating func nextName(_ isFirst: inout Bool) throws(JSONProblem) -> String? {
        guard try separator(closing: Byte.closeBrace, &isFirst) else { return nil }
        guard try peek() == Byte.quote else { throw problem("expected a member name in quotes, found \(found())") }
        let name = try string()
        skipSpace()
        guard position < limit, bytes[position] == Byte.colon else {
            throw problem("expected ':' after the name \"\(name)\", found \(found())")
        }
        position += 1
        return name
    }

    /// Whether another element follows in the list.
    package mutating func nextElement(_ isFirst: inout Bool) throws(JSONProblem) -> Bool {
        try separator(closing: Byte.closeBracket, &isFirst)
    }

    /// Checks that nothing but white space follows.
    package mutating func end() throws(JSONProblem) {
        skipSpace()
        guard position == limit else { throw problem("expected the end of the document, found \(found())") }
    }

    private mutating func open(_ byte: UInt8, _ what: String) throws(JSONProblem) {
        guard try peek() == byte else { throw problem("expected \(what), found \(found())") }
        position += 1
        depth += 1
        guard depth <= Self.maximumDepth else {
            throw problem("nested deeper than \(Self.maximumDepth) levels", at: position - 1)
        }
    }

    private mutating func separator(closing: UInt8, _ isFirst: inout Bool) throws(JSONProblem) -> Bool {
        skipSpace()
        guard position < limit else { throw problem("the document ends inside an object or a list") }
        if bytes[position] == closing {
            position += 1
            depth -= 1
            return false
        }
        if isFirst {
            isFirst = false
            return true
        }
        guard bytes[position] == Byte.comma else { throw problem("expected ',' or the end, found \(found())") }
        position += 1
        skipSpace()
        guard position < limit, bytes[position] != closing else { throw problem("nothing follows the ','") }
        return true
    }

    // MARK: Values

    /// Any value, as a tree.
    package mutating func value() throws(JSONProblem) -> JSONValue {
        switch try peek() {
        case Byte.openBrace: return .object(try members())
        case Byte.openBracket: return .array(try elements())
        case Byte.quote: return .string(try string())
        case Byte.minus, Byte.zero...Byte.nine: return try number()
        default: return try literal()
        }
    }

    /// Checks the next value and gives its place in the document.
    package mutating func skipValue() throws(JSONProblem) -> Range<Int> {
        let first = try peek()
        let start = position
        var isFirst = true
        switch first {
        case Byte.openBrace:
            try beginObject()
            while try nextSkippedName(&isFirst) { _ = try skipValue() }
        case Byte.openBracket:
            try beginArray()
            while try nextElement(&isFirst) { _ = try skipValue() }
        case Byte.quote: _ = try scanString()
        case Byte.minus, Byte.zero...Byte.nine: _ = try number()
        default: _ = try literal()
        }
        return start..<position
    }

    private mutating func members() throws(JSONProblem) -> [JSONMember] {
        var members: [JSONMember] = []
        var isFirst = true
        try beginObject()
        while let name = try nextName(&isFirst) {
            members.append(JSONMember(name, try value()))
        }
        return members
    }

    private mutating func elements() throws(JSONProblem) -> [JSONValue] {
        var elements: [JSONValue] = []
        var isFirst = true
        try beginArray()
        while try nextElement(&isFirst) { elements.append(try value()) }
        return elements
    }

    private mutating func nextSkippedName(_ isFirst: inout Bool) throws(JSONProblem) -> Bool {
        guard try separator(closing: Byte.closeBrace, &isFirst) else { return false }
        guard try peek() == Byte.quote else { throw problem("expected a member name in quotes, found \(found())") }
        _ = try scanString()
        skipSpace()
        guard position < limit, bytes[position] == Byte.colon else {
            throw problem("expected ':' after a member name, found \(found())")
        }
        position += 1
        return true
    }

    private mutating func literal() throws(JSONProblem) -> JSONValue {
        for (text, value) in Self.literals where matches(text) {
            position += text.utf8CodeUnitCount
            return value
        }
        throw problem("expected a value, found \(found())")
    }

    private static let literals: [(StaticString, JSONValue)] = [
        ("true", .bool(true)), ("false", .bool(false)), ("null", .null),
    ]

    private func matches(_ text: StaticString) -> Bool {
        guard position + text.utf8CodeUnitCount <= limit else { return false }
        return bytes[position..<position + text.utf8CodeUnitCount].elementsEqual("\(text)".utf8)
    }

    // MARK: Strings

    /// A string, its escapes resolved.
    package mutating func string() throws(JSONProblem) -> String {
        guard try peek() == Byte.quote else { throw problem("expected a string, found \(found())") }
        let start = position + 1
        let hasEscapes = try scanString()
        let content = bytes[start..<position - 1]
        // scanString has checked the encoding: decoding repairs nothing here.
        return hasEscapes ? unescape(content) : String(decoding: content, as: UTF8.self)
    }

    /// Moves past a string and checks it; says whether it holds escapes.
    private mutating func scanString() throws(JSONProblem) -> Bool {
        let start = position
        position += 1
        var hasEscapes = false
        var isASCII = true
        while position < limit {
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
    private func unescape(_ content: ArraySlice<UInt8>) -> String {
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

    // MARK: Numbers

    /// A number: `.integer` where it is written as one and fits, else `.number`.
    package mutating func number() throws(JSONProblem) -> JSONValue {
        _ = try peek()
        let start = position
        let isNegative = bytes[position] == Byte.minus
        if isNegative { position += 1 }
        let digits = position
        var whole = 0
        var fits = true
        while position < limit, case let digit = bytes[position] &- Byte.zero, digit <= 9 {
            let (product, first) = whole.multipliedReportingOverflow(by: 10)
            let (sum, second) = product.addingReportingOverflow(Int(digit))
            fits = fits && !first && !second
            whole = sum
            position += 1
        }
        guard position > digits else { throw problem("expected a number, found \(found())") }
        guard position == digits + 1 || bytes[digits] != Byte.zero else {
            throw problem("a number must not start with 0", at: digits)
        }
        let isWhole = try !scanFractionAndExponent()
        if isWhole, fits { return .integer(isNegative ? -whole : whole) }
        let text = String(decoding: bytes[start..<position], as: UTF8.self)
        guard let value = Double(text), value.isFinite else {
            throw problem("the number is too large for a double", at: start)
        }
        return .number(value)
    }

    private mutating func scanFractionAndExponent() throws(JSONProblem) -> Bool {
        var any = false
        if position < limit, bytes[position] == UInt8(ascii: ".") {
            position += 1
            try scanDigits("after the decimal point")
            any = true
        }
        if position < limit, bytes[position] | 0x20 == UInt8(ascii: "e") {
            position += 1
            if position < limit, bytes[position] == UInt8(ascii: "+") || bytes[position] == Byte.minus { position += 1 }
            try scanDigits("in the exponent")
            any = true
        }
        return any
    }

    private mutating func scanDigits(_ place: String) throws(JSONProblem) {
        let start = position
        while position < limit, bytes[position] &- Byte.zero <= 9 { position += 1 }
        guard position > start else { throw problem("expected a digit \(place), found \(found())") }
    }

    // MARK: Small parts

    private mutating func skipSpace() {
        while position < limit {
            switch bytes[position] {
            case 0x20, 0x0A, 0x0D, 0x09: position += 1
            default: return
            }
        }
    }

    private func found() -> String {
        guard position < limit else { return "the end of the document" }
        let byte = bytes[position]
        return (0x20..<0x7F).contains(byte)
            ? "'\(Character(Unicode.Scalar(byte)))'" : "the byte 0x\(String(byte, radix: 16, uppercase: true))"
    }
}
