/// Names of files as text: to the system they are bytes, which need not be UTF-8.
///
/// A byte that belongs to no UTF-8 stands as one of 128 scalars of private use, U+F780 for 0x80 to U+F7FF for 0xFF, so that
/// a path from outside is a `String` everywhere within the program and comes back to the system as it came. What is
/// one of these scalars already stands as its three bytes.
package enum FileName {
    private static let first: UInt32 = 0xF700

    /// The text of what the system calls a file, a directory or a word of a command.
    package static func text(_ bytes: [UInt8]) -> String {
        if let text = String(validating: bytes, as: UTF8.self), !isMarked(text) { return text }
        var text = String.UnicodeScalarView()
        var place = 0
        while place < bytes.count {
            let (scalar, length) = scalar(at: place, in: bytes)
            text.append(scalar)
            place += length
        }
        return String(text)
    }

    /// The same of a C string.
    package static func text(ofCString name: UnsafePointer<CChar>) -> String {
        unsafe text(UnsafeBufferPointer(start: name, count: length(of: name)).map { UInt8(bitPattern: $0) })
    }

    private static func length(of name: UnsafePointer<CChar>) -> Int {
        var length = 0
        while unsafe name[length] != 0 { length += 1 }
        return length
    }

    /// - Returns: also how many bytes it is.
    private static func scalar(at place: Int, in bytes: [UInt8]) -> (Unicode.Scalar, Int) {
        for length in 1...4 where place + length <= bytes.count {
            if let text = String(validating: bytes[place..<place + length], as: UTF8.self),
                let scalar = text.unicodeScalars.first, byte(of: scalar) == nil
            {
                return (scalar, length)
            }
        }
        return (Unicode.Scalar(UInt16(first) + UInt16(bytes[place])) ?? "\u{FFFD}", 1)
    }

    /// What the system calls it.
    package static func bytes(_ text: String) -> [UInt8] {
        guard isMarked(text) else { return Array(text.utf8) }
        return text.unicodeScalars.flatMap { scalar in
            byte(of: scalar).map { [$0] } ?? Array(String(Character(scalar)).utf8)
        }
    }

    /// The byte that a scalar stands for; nil where it stands for itself.
    static func byte(of scalar: Unicode.Scalar) -> UInt8? {
        (first + 0x80...first + 0xFF).contains(scalar.value) ? UInt8(truncatingIfNeeded: scalar.value) : nil
    }

    /// Whether a scalar of it stands for a byte. Their UTF-8 begins with these two.
    fileprivate static func isMarked(_ text: String) -> Bool {
        text.utf8.contains(0xEF) && text.unicodeScalars.contains { byte(of: $0) != nil }
    }
}

extension String {
    /// Lends the path, as the system calls it, to a call of it.
    package func withPath<Result>(_ body: (UnsafePointer<CChar>) -> Result) -> Result {
        guard FileName.isMarked(self) else { return unsafe withCString { unsafe body($0) } }
        let name = FileName.bytes(self).map { CChar(bitPattern: $0) } + [0]
        return unsafe name.withUnsafeBufferPointer { name in
            // An array of at least one element has an address.
            guard let base = name.baseAddress else { return unsafe "".withCString { unsafe body($0) } }
            return unsafe body(base)
        }
    }
}
