import Messages

/// Times of bars as text.
enum BarTime {
    static let millisecondsPerDay: Int64 = 86_400_000
    /// Years 0 to 9999, which is as far as RFC 3339 goes.
    static let valid: ClosedRange<Int64> = -62_167_219_200_000...253_402_300_799_999

    /// `2010-01-04` where the time is midnight UTC, else RFC 3339.
    static func text(_ milliseconds: Int64) -> String {
        let text = Timestamp(milliseconds: min(max(milliseconds, valid.lowerBound), valid.upperBound)).rfc3339
        return milliseconds % millisecondsPerDay == 0 ? String(text.prefix(10)) : text
    }

    /// Reads a date (`2010-01-04`) or RFC 3339.
    ///
    /// - Returns: the time in UTC milliseconds and whether it is a whole day; nil for anything else.
    static func parse(_ text: String) -> (milliseconds: Int64, isDay: Bool)? {
        if text.utf8.count == 10 {
            return Timestamp(rfc3339: text + "T00:00:00Z").map { ($0.milliseconds, true) }
        }
        return Timestamp(rfc3339: text).map { ($0.milliseconds, false) }
    }
}
