extension [UInt8] {
    /// The number in ASCII digits, made by hand because every result has a dozen.
    package mutating func append(decimal number: Int) {
        var digits = InlineArray<20, UInt8>(repeating: 0)
        var first = digits.count
        var rest = number.magnitude
        repeat {
            first -= 1
            digits[first] = Byte.zero + UInt8(truncatingIfNeeded: rest % 10)
            rest /= 10
        } while rest > 0
        if number < 0 { append(Byte.minus) }
        for index in first..<digits.count { append(digits[index]) }
    }
}
