/// A point in time, in milliseconds since 1970-01-01T00:00:00Z, as Kafka counts it.
package struct Timestamp: Comparable, Hashable, Sendable {
    package let milliseconds: Int64

    package init(milliseconds: Int64) {
        self.milliseconds = milliseconds
    }

    /// What RFC 3339 can say: the years 0 to 9999.
    private static let written: ClosedRange<Int64> = -62_167_219_200_000...253_402_300_799_999

    /// From `earlier` to this; times too far apart to be told are as far as can be told.
    package func milliseconds(since earlier: Timestamp) -> Int64 {
        let (difference, overflow) = milliseconds.subtractingReportingOverflow(earlier.milliseconds)
        guard overflow else { return difference }
        return milliseconds < 0 ? .min : .max
    }

    package static func < (a: Timestamp, b: Timestamp) -> Bool { a.milliseconds < b.milliseconds }

    /// RFC 3339 in UTC with milliseconds: `2026-01-31T09:30:00.125Z`. A time beyond the years 0 to 9999, which it cannot
    /// say, is written as the nearest that it can.
    package var rfc3339: String { String(decoding: rfc3339Bytes, as: UTF8.self) }

    /// The same as ASCII bytes; made by hand because every result carries one.
    package var rfc3339Bytes: [UInt8] {
        let milliseconds = min(max(milliseconds, Self.written.lowerBound), Self.written.upperBound)
        let day = milliseconds.floorDivided(by: 86_400_000)
        let inDay = Int(milliseconds - day * 86_400_000)
        let date = CivilDate(daysSinceEpoch: Int(day))
        var text: [UInt8] = []
        text.reserveCapacity(24)
        text.appendDigits(date.year, width: 4)
        text.append(UInt8(ascii: "-"))
        text.appendDigits(date.month, width: 2)
        text.append(UInt8(ascii: "-"))
        text.appendDigits(date.day, width: 2)
        text.append(UInt8(ascii: "T"))
        text.appendDigits(inDay / 3_600_000, width: 2)
        text.append(UInt8(ascii: ":"))
        text.appendDigits(inDay / 60_000 % 60, width: 2)
        text.append(UInt8(ascii: ":"))
        text.appendDigits(inDay / 1000 % 60, width: 2)
        text.append(UInt8(ascii: "."))
        text.appendDigits(inDay % 1000, width: 3)
        text.append(UInt8(ascii: "Z"))
        return text
    }

    /// Reads RFC 3339: `2026-01-31T09:30:00Z`, a fraction and an offset (`+01:00`) allowed; nil for anything else.
    package init?(rfc3339 text: String) {
        var scanner = DigitScanner(Array(text.utf8))
        guard let date = scanner.date(), scanner.take(anyOf: "Tt "), let clock = scanner.clockMilliseconds(),
            let offset = scanner.offsetMinutes(), scanner.isAtEnd
        else { return nil }
        let time = Int64(date.daysSinceEpoch) * 86_400_000 + Int64(clock) - Int64(offset) * 60_000
        // An offset, or a leap second, may lead out of the years that can be written again.
        guard Self.written.contains(time) else { return nil }
        milliseconds = time
    }
}

extension Int64 {
    fileprivate func floorDivided(by divisor: Int64) -> Int64 {
        let (quotient, remainder) = quotientAndRemainder(dividingBy: divisor)
        return remainder < 0 ? quotient - 1 : quotient
    }
}

extension [UInt8] {
    fileprivate mutating func appendDigits(_ value: Int, width: Int) {
        var divisor = 1
        for _ in 1..<width { divisor *= 10 }
        var rest = value
        while divisor > 0 {
            append(UInt8(truncatingIfNeeded: rest / divisor % 10) + Byte.zero)
            rest %= divisor
            divisor /= 10
        }
    }
}

/// Takes RFC 3339's parts from ASCII text, one after the other.
private struct DigitScanner {
    private let bytes: [UInt8]
    private var position = 0

    init(_ bytes: [UInt8]) { self.bytes = bytes }

    var isAtEnd: Bool { position == bytes.count }

    mutating func take(anyOf characters: String) -> Bool {
        guard position < bytes.count, characters.utf8.contains(bytes[position]) else { return false }
        position += 1
        return true
    }

    mutating func number(width: Int, in range: ClosedRange<Int>) -> Int? {
        guard position + width <= bytes.count else { return nil }
        var value = 0
        for byte in bytes[position..<position + width] {
            guard byte &- Byte.zero <= 9 else { return nil }
            value = value * 10 + Int(byte - Byte.zero)
        }
        position += width
        return range.contains(value) ? value : nil
    }

    mutating func date() -> CivilDate? {
        guard let year = number(width: 4, in: 0...9999), take(anyOf: "-"),
            let month = number(width: 2, in: 1...12), take(anyOf: "-"), let day = number(width: 2, in: 1...31)
        else { return nil }
        let date = CivilDate(year: year, month: month, day: day)
        // 31 April comes back as 1 May: not a date.
        return CivilDate(daysSinceEpoch: date.daysSinceEpoch) == date ? date : nil
    }

    mutating func clockMilliseconds() -> Int? {
        guard let hour = number(width: 2, in: 0...23), take(anyOf: ":"),
            let minute = number(width: 2, in: 0...59), take(anyOf: ":"), let second = number(width: 2, in: 0...60)
        else { return nil }
        var thousandths = 0
        if take(anyOf: ".") {
            var weight = 100
            let start = position
            while let digit = number(width: 1, in: 0...9) {
                thousandths += digit * weight
                weight /= 10
            }
            guard position > start else { return nil }
        }
        return ((hour * 60 + minute) * 60 + second) * 1000 + thousandths
    }

    mutating func offsetMinutes() -> Int? {
        if take(anyOf: "Zz") { return 0 }
        let isWest = position < bytes.count && bytes[position] == Byte.minus
        guard take(anyOf: "+-"), let hour = number(width: 2, in: 0...23), take(anyOf: ":"),
            let minute = number(width: 2, in: 0...59)
        else { return nil }
        return (hour * 60 + minute) * (isWest ? -1 : 1)
    }
}
