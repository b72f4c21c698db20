/// Bytes as text (RFC 4648, section 4), with padding.
package enum Base64 {
    private static let digits = Array("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/".utf8)
    private static let values: [UInt8] = {
        var values = [UInt8](repeating: 0xFF, count: 256)
        for (value, digit) in digits.enumerated() { values[Int(digit)] = UInt8(value) }
        return values
    }()
    private static let padding = UInt8(ascii: "=")

    package static func encode(_ bytes: [UInt8]) -> String {
        String(decoding: unsafe bytes.withUnsafeBytes { unsafe text(of: $0) }, as: UTF8.self)
    }

    /// As the bytes of the text: in a large one every step that is not needed counts.
    package static func text(of bytes: UnsafeRawBufferPointer) -> [UInt8] {
        let capacity = (bytes.count + 2) / 3 * 4
        return unsafe digits.withUnsafeBufferPointer { digits in
            unsafe [UInt8](unsafeUninitializedCapacity: capacity) { text, count in
                for start in stride(from: 0, to: bytes.count / 3 * 3, by: 3) {
                    let word = unsafe Int(bytes[start]) << 16 | Int(bytes[start + 1]) << 8 | Int(bytes[start + 2])
                    unsafe text[count] = digits[word >> 18]
                    unsafe text[count + 1] = digits[word >> 12 & 63]
                    unsafe text[count + 2] = digits[word >> 6 & 63]
                    unsafe text[count + 3] = digits[word & 63]
                    count += 4
                }
                let rest = unsafe bytes[(bytes.count / 3 * 3)...]
                guard unsafe !rest.isEmpty else { return }
                let word = unsafe rest.reduce(0) { $0 << 8 | Int($1) } << (8 * (3 - rest.count))
                for place in 0..<4 {
                    unsafe text[count] = place <= rest.count ? digits[word >> (18 - 6 * place) & 63] : padding
                    count += 1
                }
            }
        }
    }

    /// nil where that is no such text.
    package static func decode(_ text: [UInt8]) -> [UInt8]? {
        guard text.count % 4 == 0 else { return nil }
        let padded = text.suffix(2).count { $0 == padding }
        var bytes: [UInt8] = []
        bytes.reserveCapacity(text.count / 4 * 3)
        var (word, count) = (UInt32(0), 0)
        for digit in text.dropLast(padded) {
            guard values[Int(digit)] != 0xFF else { return nil }
            word = word << 6 | UInt32(values[Int(digit)])
            count += 1
            guard count == 4 else { continue }
            bytes.append(UInt8(word >> 16 & 0xFF))
            bytes.append(UInt8(word >> 8 & 0xFF))
            bytes.append(UInt8(word & 0xFF))
            (word, count) = (0, 0)
        }
        switch count {
        case 0: return bytes
        // What the last digit says beyond the last byte is nothing.
        case 2 where word & 0xF == 0: return bytes + [UInt8(word >> 4)]
        case 3 where word & 0x3 == 0: return bytes + [UInt8(word >> 10), UInt8(word >> 2 & 0xFF)]
        default: return nil
        }
    }
}
