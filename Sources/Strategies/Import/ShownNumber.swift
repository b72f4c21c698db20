/// Numbers as spreadsheets and web pages show them.
enum ShownNumber {
    /// `1,250.00`, whose whole part is cut into thousands; nil for anything else.
    static func grouped(_ field: ArraySlice<UInt8>) -> Double? {
        let comma = UInt8(ascii: ",")
        let digits = field.first == UInt8(ascii: "$") ? field.dropFirst() : field
        let whole = digits.prefix { $0 != UInt8(ascii: ".") }
        let groups = whole.split(separator: comma, omittingEmptySubsequences: false)
        guard groups.count > 1, (1...3).contains(groups[0].count), groups.dropFirst().allSatisfy({ $0.count == 3 }),
            !digits.dropFirst(whole.count).contains(comma)
        else { return nil }
        return FieldParser.number(ArraySlice(digits.filter { $0 != comma }))
    }

    /// `57.16K`, `1.2M`, `3B`: by decimal digits, so that it is the double nearest to the number that is meant.
    static func abbreviated(_ field: ArraySlice<UInt8>) -> Double? {
        let exponent: String? =
            switch field.last.map({ $0 | 0x20 }) {
            case UInt8(ascii: "k"): "e3"
            case UInt8(ascii: "m"): "e6"
            case UInt8(ascii: "b"): "e9"
            case UInt8(ascii: "t"): "e12"
            default: nil
            }
        guard let exponent, FieldParser.number(field.dropLast()) != nil else { return nil }
        return FieldParser.number(ArraySlice((String(decoding: field.dropLast(), as: UTF8.self) + exponent).utf8))
    }

    /// How tables write that there is no volume.
    static func isAbsent(_ field: ArraySlice<UInt8>) -> Bool {
        field.isEmpty || ["-", "--", "n/a", "N/A"].contains { field.elementsEqual($0.utf8) }
    }
}
