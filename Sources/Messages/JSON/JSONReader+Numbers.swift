extension JSONReader {
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
}
