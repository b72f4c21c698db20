import Messages

/// Reads the numbers and times of CSV fields.
enum FieldParser {
    /// A decimal number, a leading `$` allowed; nil for anything else, "nan" and "inf" among it.
    static func number(_ field: ArraySlice<UInt8>) -> Double? {
        var digits = field
        if digits.first == UInt8(ascii: "$") { digits = digits.dropFirst() }
        return short(digits) ?? long(digits)
    }

    /// At most 15 digits and a point: both parts of the quotient are exact, so it is the nearest double.
    private static func short(_ digits: ArraySlice<UInt8>) -> Double? {
        guard digits.count <= 16, let first = digits.first, first != UInt8(ascii: ".") else { return nil }
        var whole = 0
        var count = 0
        var scale = 1.0
        var isFraction = false
        for byte in digits {
            if byte == UInt8(ascii: "."), !isFraction {
                isFraction = true
                continue
            }
            let digit = byte &- 0x30
            guard digit <= 9 else { return nil }
            whole = whole * 10 + Int(digit)
            count += 1
            if isFraction { scale *= 10 }
        }
        return count <= 15 && digits.last != UInt8(ascii: ".") ? Double(whole) / scale : nil
    }

    private static func long(_ digits: ArraySlice<UInt8>) -> Double? {
        // Double(_:) reads "nan", "inf" and hexadecimal too.
        guard !digits.isEmpty, digits.allSatisfy({ ($0 >= 0x30 && $0 <= 0x39) || "+-.eE".utf8.contains($0) })
        else { return nil }
        return Double(String(decoding: digits, as: UTF8.self))
    }

    /// A time in UTC milliseconds: epoch seconds, milliseconds, microseconds or nanoseconds, `20100104`, a date, or
    /// ISO 8601 with or without seconds, fraction and offset (none: UTC); nil for anything else.
    static func time(_ field: ArraySlice<UInt8>, clock: ArraySlice<UInt8>? = nil) -> Int64? {
        if let clock { return dateAndClock(field, clock) }
        if isDottedDate(field) { return midnight(field) }
        // It would be milliseconds of the year 1976, or seconds of 2033.
        if isDateAndClockInOne(field) { return nil }
        if field.allSatisfy({ ($0 >= 0x30 && $0 <= 0x39) || $0 == UInt8(ascii: ".") }) { return epoch(field) }
        guard field.count >= 10 else { return nil }
        let date = field.prefix(10)
        let rest = field.dropFirst(10)
        return rest.isEmpty ? midnight(date) : dateAndClock(date, rest.dropFirst(isSeparator(rest.first) ? 1 : 0))
    }

    /// `2010.01.04`, which is no number of seconds.
    private static func isDottedDate(_ field: ArraySlice<UInt8>) -> Bool {
        field.count == 10 && field.count { $0 == UInt8(ascii: ".") } == 2
    }

    /// Whether it is like `2010010409`, `201001040930` or `20100104093000`, which could mean more than one thing.
    static func isDateAndClockInOne(_ field: ArraySlice<UInt8>) -> Bool {
        guard [10, 12, 14].contains(field.count), field.allSatisfy({ $0 >= 0x30 && $0 <= 0x39 }) else {
            return false
        }
        func value(_ start: Int, _ count: Int) -> Int {
            field.dropFirst(start).prefix(count).reduce(0) { $0 * 10 + Int($1 - 0x30) }
        }
        // As seconds these are times from 2032 to 2034, of which there are no bars yet.
        let years = field.count == 10 ? 1980...2029 : 1900...2099
        return years.contains(value(0, 4)) && (1...12).contains(value(4, 2)) && (1...31).contains(value(6, 2))
            && value(8, 2) < 24 && value(10, 2) < 60 && value(12, 2) < 60
    }

    private static func isSeparator(_ byte: UInt8?) -> Bool {
        byte == UInt8(ascii: "T") || byte == UInt8(ascii: "t") || byte == 0x20
    }

    private static func epoch(_ field: ArraySlice<UInt8>) -> Int64? {
        let whole = field.prefix { $0 != UInt8(ascii: ".") }
        guard let value = Int64(String(decoding: whole, as: UTF8.self)) else { return nil }
        let hasFraction = whole.count < field.count
        switch whole.count {
        case 8 where !hasFraction:
            return midnight(field.prefix(4) + [0x2D] + field.dropFirst(4).prefix(2) + [0x2D] + field.suffix(2))
        case 9...10: return seconds(field)
        case 12...13: return value
        case 15...16: return value / 1000
        case 18...19: return value / 1_000_000
        default: return nil
        }
    }

    private static func seconds(_ field: ArraySlice<UInt8>) -> Int64? {
        number(field).map { Int64(($0 * 1000).rounded()) }
    }

    private static func midnight(_ date: ArraySlice<UInt8>) -> Int64? {
        dateAndClock(date, ArraySlice("00:00:00Z".utf8))
    }

    /// Brings what is left out (seconds, zone) and written otherwise (`2010/01/04`, `+0100`) into RFC 3339's form.
    private static func dateAndClock(_ date: ArraySlice<UInt8>, _ clock: ArraySlice<UInt8>) -> Int64? {
        guard date.count == 10 else { return nil }
        let day = date.map { $0 == UInt8(ascii: "/") || $0 == UInt8(ascii: ".") ? UInt8(ascii: "-") : $0 }
        var time = clock.drop { $0 == 0x20 }
        var zone: ArraySlice<UInt8> = ArraySlice("Z".utf8)
        if let start = time.firstIndex(where: { "Zz+- ".utf8.contains($0) }) {
            zone = time[start...].drop { $0 == 0x20 }
            time = time[..<start]
            if zone.elementsEqual("UTC".utf8) || zone.isEmpty { zone = ArraySlice("Z".utf8) }
        }
        var text = String(decoding: day, as: UTF8.self) + "T" + String(decoding: time, as: UTF8.self)
        if time.count == 5 { text += ":00" }
        var offset = String(decoding: zone, as: UTF8.self)
        if zone.count == 5, zone.first != UInt8(ascii: "Z") { offset = offset.prefix(3) + ":" + offset.suffix(2) }
        return Timestamp(rfc3339: text + offset)?.milliseconds
    }
}
