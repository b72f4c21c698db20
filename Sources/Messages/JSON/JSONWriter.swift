/// Appends JSON to bytes, in the order of the calls; commas are its business.
///
/// Doubles are written in the shortest form that reads back to the same value; those that are not finite, which
/// JSON cannot say, become `null`.
package struct JSONWriter {
    package private(set) var bytes: [UInt8]
    private var needsComma = false

    package init(capacity: Int = 256) {
        bytes = []
        bytes.reserveCapacity(capacity)
    }

    // MARK: Structure

    package mutating func beginObject() { open(Byte.openBrace) }
    package mutating func endObject() { close(Byte.closeBrace) }
    package mutating func beginArray() { open(Byte.openBracket) }
    package mutating func endArray() { close(Byte.closeBracket) }

    /// A member's name; the next call writes its value.
    package mutating func name(_ name: String) {
        comma()
        quoted(name)
        bytes.append(Byte.colon)
        needsComma = false
    }

    /// Members that are JSON text already, without braces around them.
    package mutating func rawMembers(_ text: some Collection<UInt8>) {
        guard !text.isEmpty else { return }
        raw(text)
    }

    // MARK: Values

    package mutating func string(_ text: String) {
        comma()
        quoted(text)
    }

    package mutating func integer(_ value: some BinaryInteger) {
        comma()
        bytes.append(contentsOf: value.description.utf8)
    }

    package mutating func double(_ value: Double) {
        comma()
        if value.isFinite {
            // `description` is the shortest round-trip form, and JSON takes it as it is ("1e+16", "5e-324").
            bytes.append(contentsOf: value.description.utf8)
        } else {
            bytes.append(contentsOf: "null".utf8)
        }
    }

    package mutating func bool(_ value: Bool) {
        comma()
        bytes.append(contentsOf: (value ? "true" : "false").utf8)
    }

    package mutating func null() {
        comma()
        bytes.append(contentsOf: "null".utf8)
    }

    /// A value that is JSON text already.
    package mutating func raw(_ text: some Collection<UInt8>) {
        comma()
        bytes.append(contentsOf: text)
    }

    package mutating func value(_ value: JSONValue) {
        switch value {
        case .null: null()
        case .bool(let flag): bool(flag)
        case .integer(let number): integer(number)
        case .number(let number): double(number)
        case .string(let text): string(text)
        case .array(let elements):
            beginArray()
            for element in elements { self.value(element) }
            endArray()
        case .object(let members):
            beginObject()
            for member in members { self.member(member.name, member.value) }
            endObject()
        }
    }

    // MARK: Members in one call

    package mutating func member(_ name: String, _ text: String) {
        self.name(name)
        string(text)
    }

    package mutating func member(_ name: String, _ value: some BinaryInteger) {
        self.name(name)
        integer(value)
    }

    package mutating func member(_ name: String, _ value: Double) {
        self.name(name)
        double(value)
    }

    package mutating func member(_ name: String, _ value: Bool) {
        self.name(name)
        bool(value)
    }

    package mutating func member(_ name: String, _ value: JSONValue) {
        self.name(name)
        self.value(value)
    }

    // MARK: Small parts

    private mutating func open(_ byte: UInt8) {
        comma()
        bytes.append(byte)
        needsComma = false
    }

    private mutating func close(_ byte: UInt8) {
        bytes.append(byte)
        needsComma = true
    }

    private mutating func comma() {
        if needsComma { bytes.append(Byte.comma) }
        needsComma = true
    }

    private mutating func quoted(_ text: String) {
        bytes.append(Byte.quote)
        for byte in text.utf8 {
            if byte >= 0x20, byte != Byte.quote, byte != Byte.backslash {
                bytes.append(byte)
            } else {
                escape(byte)
            }
        }
        bytes.append(Byte.quote)
    }

    private mutating func escape(_ byte: UInt8) {
        bytes.append(Byte.backslash)
        switch byte {
        case Byte.quote, Byte.backslash: bytes.append(byte)
        case 0x0A: bytes.append(UInt8(ascii: "n"))
        case 0x0D: bytes.append(UInt8(ascii: "r"))
        case 0x09: bytes.append(UInt8(ascii: "t"))
        default:
            let digits = Array("0123456789abcdef".utf8)
            bytes.append(contentsOf: "u00".utf8)
            bytes.append(digits[Int(byte >> 4)])
            bytes.append(digits[Int(byte & 15)])
        }
    }
}
