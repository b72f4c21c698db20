import Messages

/// A time as it reads with the month first and with the day first: the same where there is no doubt.
struct TimeReading: Equatable {
    var monthFirst: Int64?
    var dayFirst: Int64?

    init(_ time: Int64?) { (monthFirst, dayFirst) = (time, time) }

    init(monthFirst: Int64?, dayFirst: Int64?) { (self.monthFirst, self.dayFirst) = (monthFirst, dayFirst) }
}

/// Reads dates as people and their programs write them, where `FieldParser.time` does not: `31.01.2024`, `01/31/2024`,
/// `Jan 31, 2024`, `31-Jan-2024`, `2024-1-31`, `20240131 170000`, each with a clock or without one.
enum TimeParser {
    /// - Parameter clock: where it stands in a column of its own.
    static func read(_ field: ArraySlice<UInt8>, clock: ArraySlice<UInt8>? = nil) -> TimeReading {
        if let time = FieldParser.time(field, clock: clock) { return TimeReading(time) }
        var rest = field
        guard let days = days(&rest) else { return TimeReading(nil) }
        let text = String(decoding: rest, as: UTF8.self).drop { $0 == " " || $0 == "T" || $0 == "," }
        guard clock == nil || text.isEmpty else { return TimeReading(nil) }
        let shown = clock.map { Substring(String(decoding: $0, as: UTF8.self)) } ?? text
        guard let milliseconds = Clock.milliseconds(shown) else { return TimeReading(nil) }
        return TimeReading(
            monthFirst: days.monthFirst.map { $0 + milliseconds }, dayFirst: days.dayFirst.map { $0 + milliseconds })
    }

    /// Takes the date from the front of a field.
    private static func days(_ rest: inout ArraySlice<UInt8>) -> TimeReading? {
        let first = run(&rest)
        if first.count == 8, let number = Int(first) {
            return TimeReading(midnight(number / 10_000, number / 100 % 100, number % 100))
        }
        let separator = rest.first
        skipSeparators(&rest)
        let second = run(&rest)
        let other = rest.first
        skipSeparators(&rest)
        let third = run(&rest)
        if let year = year(third), let month = month(first), let day = Int(second) {
            return TimeReading(midnight(year, month, day))
        }
        if let year = year(third), let day = Int(first), let month = month(second) {
            return TimeReading(midnight(year, month, day))
        }
        guard separator == other, let separator, "/.-".utf8.contains(separator), let one = Int(first),
            let two = Int(second), let three = Int(third)
        else { return nil }
        if first.count == 4 { return TimeReading(midnight(one, two, three)) }
        guard third.count == 4 else { return nil }
        let dayFirst = midnight(three, two, one)
        // With points between, nobody writes the month first.
        guard separator != UInt8(ascii: ".") else { return TimeReading(dayFirst) }
        return TimeReading(monthFirst: midnight(three, one, two), dayFirst: dayFirst)
    }

    /// Takes the digits or the letters that a field begins with.
    private static func run(_ rest: inout ArraySlice<UInt8>) -> String {
        guard let first = rest.first else { return "" }
        let taken = isDigit(first) ? rest.prefix(while: isDigit) : rest.prefix(while: isLetter)
        rest = rest.dropFirst(taken.count)
        return taken.count <= 9 ? String(decoding: taken, as: UTF8.self) : ""
    }

    private static func isDigit(_ byte: UInt8) -> Bool { byte >= 0x30 && byte <= 0x39 }

    private static func isLetter(_ byte: UInt8) -> Bool { (byte | 0x20) >= 0x61 && (byte | 0x20) <= 0x7A }

    private static func skipSeparators(_ rest: inout ArraySlice<UInt8>) {
        if let first = rest.first, "/.-".utf8.contains(first) {
            rest = rest.dropFirst()
        } else {
            rest = rest.drop { $0 == 0x20 || $0 == UInt8(ascii: ",") }
        }
    }

    private static func year(_ text: String) -> Int? { text.count == 4 ? Int(text) : nil }

    private static let months = [
        "january", "february", "march", "april", "may", "june", "july", "august", "september", "october", "november",
        "december",
    ]

    static func month(_ text: String) -> Int? {
        guard text.count >= 3 else { return nil }
        let name = text.lowercased()
        return months.firstIndex { $0.hasPrefix(name) || (name == "sept" && $0 == "september") }.map { $0 + 1 }
    }

    private static func midnight(_ year: Int, _ month: Int, _ day: Int) -> Int64? {
        guard (0...9999).contains(year), (1...12).contains(month), (1...31).contains(day) else { return nil }
        func padded(_ number: Int, _ width: Int) -> String {
            let text = String(number)
            return String(repeating: "0", count: width - text.count) + text
        }
        return Timestamp(rfc3339: "\(padded(year, 4))-\(padded(month, 2))-\(padded(day, 2))T00:00:00Z")?.milliseconds
    }
}

/// A time of day with an offset or without: `17:00`, `9:30:15.250 PM`, `170000`, `11-PM`, `00:00:00 GMT+0100`.
private enum Clock {
    /// Milliseconds since midnight UTC; nil for what is no time of day.
    static func milliseconds(_ text: Substring) -> Int64? {
        guard !text.isEmpty else { return 0 }
        let digits = text.prefix { ("0"..."9").contains($0) || $0 == ":" || $0 == "." }
        var rest = text.dropFirst(digits.count).uppercased().filter { $0 != " " }[...]
        if rest.hasPrefix("-PM") || rest.hasPrefix("-AM") { rest = rest.dropFirst() }
        let half = rest.hasPrefix("PM") ? 12 : rest.hasPrefix("AM") ? 0 : nil
        if half != nil { rest = rest.dropFirst(2) }
        guard let offset = offset(rest), let parts = parts(digits, isHourEnough: half != nil) else { return nil }
        var hour = parts.hour
        if let half {
            guard (1...12).contains(hour) else { return nil }
            hour = hour % 12 + half
        }
        guard hour < 24 else { return nil }
        return Int64(hour) * 3_600_000 + parts.others - offset
    }

    /// The hour, and the minutes and seconds in milliseconds.
    private static func parts(_ digits: Substring, isHourEnough: Bool) -> (hour: Int, others: Int64)? {
        var fields = digits.split(separator: ":", omittingEmptySubsequences: false)
        if fields.count == 1, digits.count == 4 || digits.count == 6, !digits.contains(".") {
            fields = [digits.prefix(2), digits.dropFirst(2).prefix(2), digits.dropFirst(4)].filter { !$0.isEmpty }
        }
        guard fields.count <= 3, fields.count > 1 || isHourEnough, fields[0].count <= 2, let hour = Int(fields[0])
        else { return nil }
        var others: Int64 = 0
        if fields.count > 1 {
            guard fields[1].count == 2, let minute = Int64(fields[1]), minute < 60 else { return nil }
            others = minute * 60_000
        }
        if fields.count > 2 {
            guard fields[2].prefix(while: { $0 != "." }).count == 2, let second = Double(fields[2]), second < 60
            else { return nil }
            others += Int64((second * 1000).rounded())
        }
        return (hour, others)
    }

    private static func offset(_ zone: Substring) -> Int64? {
        var rest = zone
        for name in ["UTC", "GMT", "Z"] where rest.hasPrefix(name) {
            rest = rest.dropFirst(name.count)
            break
        }
        guard let sign = rest.first else { return 0 }
        let digits = rest.dropFirst().filter { $0 != ":" }
        guard sign == "+" || sign == "-", digits.count == 4, let number = Int64(digits), number / 100 < 24,
            number % 100 < 60
        else { return nil }
        return (number / 100 * 60 + number % 100) * (sign == "-" ? -60_000 : 60_000)
    }
}
