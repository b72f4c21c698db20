/// Appends JSON to bytes, in the order of the calls; commas are its business.
///
/// Doubles are written in the shortest form that reads back to the same value; those that are not finite, which
/// JSON cannot say, become `null`.
package struct JSONWriter {
    package private(set) var bytes: [UInt8]
    private var needsComma = false

    package init(capacity: Int = 256) { self.init(after: [], capacity: capacity) }

    /// Writes behind these bytes, which it leaves as they are.
    package init(after bytes: [UInt8], capacity: Int) {
        self.bytes = bytes
        self.bytes.reserveCapacity(capacity)
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
    package mutating func rawMembers(_ text: ArraySlice<UInt8>) {
        guard !text.isEmpty else { return }
        raw(text)
    }

    // MARK: Values

    package mutating func string(_ text: String) {
        comma()
        quoted(text)
    }

    /// Text that is known to be UTF-8.
    package mutating func string(utf8 text: [UInt8]) {
        comma()
        unsafe text.withUnsafeBufferPointer { unsafe quoted($0) }
    }

    package mutating func integer(_ value: Int) {
        comma()
        bytes.append(decimal: value)
    }

    package mutating func integer(_ value: Int64) { integer(Int(value)) }

    /// So many thousandths, written as `double` writes the number: `12.5` for 12500, `3.0` for 3000.
    package mutating func thousandths(_ value: Int) {
        comma()
        let (whole, rest) = value.magnitude.quotientAndRemainder(dividingBy: 1000)
        if value < 0 { bytes.append(Byte.minus) }
        bytes.append(decimal: Int(whole))
        bytes.append(UInt8(ascii: "."))
        bytes.append(Byte.zero + UInt8(rest / 100))
        if rest % 100 > 0 { bytes.append(Byte.zero + UInt8(rest / 10 % 10)) }
        if rest % 10 > 0 { bytes.append(Byte.zero + UInt8(rest % 10)) }
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

    /// A piece of the document as it stands, its commas and all: what is the same in every document of a kind.
    package mutating func fragment(_ text: StaticString) {
        unsafe bytes.append(contentsOf: UnsafeBufferPointer(start: text.utf8Start, count: text.utf8CodeUnitCount))
        needsComma = false
    }

    /// A value that is JSON text already.
    package mutating func raw(_ text: ArraySlice<UInt8>) {
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

    package mutating func raw(_ text: [UInt8]) { raw(text[...]) }

    // MARK: Members in one call

    package mutating func member(_ name: String, _ text: String) {
        self.name(name)
        string(text)
    }

    package mutating func member(_ name: String, _ value: Int) {
        self.name(name)
        integer(value)
    }

    package mutating func member(_ name: String, _ value: Int64) { member(name, Int(value)) }
    package mutating func member(_ name: String, _ value: Int32) { member(name, Int(value)) }

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
        // A string of Swift's own always lies in one piece.
        let written: Void? = unsafe text.utf8.withContiguousStorageIfAvailable { unsafe quoted($0) }
        if written == nil { unsafe Array(text.utf8).withUnsafeBufferPointer { unsafe quoted($0) } }
    }

    private mutating func quoted(_ utf8: UnsafeBufferPointer<UInt8>) {
        bytes.append(Byte.quote)
        // Nearly all text needs no escape and is copied as it is.
        if unsafe PlainText.end(of: UnsafeRawBufferPointer(utf8)[...], from: 0) == utf8.count
            || !utf8.contains(where: Self.needsEscape)
        {
            unsafe bytes.append(contentsOf: utf8)
        } else {
            for index in utf8.indices {
                let byte = unsafe utf8[index]
                if Self.needsEscape(byte) { escape(byte) } else { bytes.append(byte) }
            }
        }
        bytes.append(Byte.quote)
    }

    private static func needsEscape(_ byte: UInt8) -> Bool {
        byte < 0x20 || byte == Byte.quote || byte == Byte.backslash
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
