/// A pull reader for JSON (RFC 8259), made by hand because a request passes it on the hot path.
///
/// It reads from bytes of its own, checks every index, bounds nesting, refuses invalid UTF-8, lone surrogates,
/// trailing text and numbers that no double holds, and says at which byte.
package struct JSONReader {
    /// Deeper documents are refused: a megabyte of brackets must not cost a megabyte of stack.
    package static let maximumDepth = 128

    package let bytes: [UInt8]
    package internal(set) var position: Int
    let limit: Int
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

    /// A member's name as it stands in the document.
    package struct Key {
        /// What stands between the quotes.
        let content: Range<Int>
        let hasEscapes: Bool
    }

    /// The next member's name, its colon taken, or nil at the end of the object.
    package mutating func nextName(_ isFirst: inout Bool) throws(JSONProblem) -> String? {
        try nextKey(&isFirst).map { text(of: $0) }
    }

    /// The same without making a string of it.
    package mutating func nextKey(_ isFirst: inout Bool) throws(JSONProblem) -> Key? {
        guard try separator(closing: Byte.closeBrace, &isFirst) else { return nil }
        guard try peek() == Byte.quote else { throw problem("expected a member name in quotes, found \(found())") }
        let start = position + 1
        let hasEscapes = try scanString()
        let key = Key(content: start..<position - 1, hasEscapes: hasEscapes)
        skipSpace()
        guard position < limit, bytes[position] == Byte.colon else {
            throw problem("expected ':' after the name \"\(text(of: key).cut(toBytes: 100))\", found \(found())")
        }
        position += 1
        return key
    }

    package func text(of key: Key) -> String {
        // scanString has checked the encoding: decoding repairs nothing here.
        key.hasEscapes ? unescape(bytes[key.content]) : String(decoding: bytes[key.content], as: UTF8.self)
    }

    /// Whether a name without escapes is these bytes.
    func isSame(_ key: Key, _ name: [UInt8]) -> Bool {
        guard key.content.count == name.count else { return false }
        for index in name.indices where bytes[key.content.lowerBound + index] != name[index] { return false }
        return true
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
            while try nextKey(&isFirst) != nil { _ = try skipValue() }
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

    // MARK: Small parts

    private mutating func skipSpace() {
        while position < limit {
            switch bytes[position] {
            case 0x20, 0x0A, 0x0D, 0x09: position += 1
            default: return
            }
        }
    }

    func found() -> String {
        guard position < limit else { return "the end of the document" }
        let byte = bytes[position]
        return (0x20..<0x7F).contains(byte)
            ? "'\(Character(Unicode.Scalar(byte)))'" : "the byte 0x\(String(byte, radix: 16, uppercase: true))"
    }
}
