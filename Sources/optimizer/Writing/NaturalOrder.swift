extension String {
    /// Whether this comes before the other as a person counts: node-9 before node-10.
    ///
    /// Runs of digits compare as numbers, everything else by its scalars; where that tells nothing apart (07 and 7),
    /// the texts as they stand decide, so that no two different names are equal.
    func isNaturally(before other: String) -> Bool {
        var (left, right) = (self[...].unicodeScalars, other[...].unicodeScalars)
        while let a = left.first, let b = right.first {
            if a.isDigit, b.isDigit {
                let (one, two) = (left.takeNumber(), right.takeNumber())
                if one.count != two.count { return one.count < two.count }
                if one != two { return one < two }
            } else {
                if a != b { return a < b }
                left.removeFirst()
                right.removeFirst()
            }
        }
        return left.isEmpty == right.isEmpty ? self < other : left.isEmpty
    }
}

extension Unicode.Scalar {
    fileprivate var isDigit: Bool { ("0"..."9").contains(self) }
}

extension Substring.UnicodeScalarView {
    /// Takes the digits at the beginning, and gives them without leading zeros.
    fileprivate mutating func takeNumber() -> String {
        let digits = prefix { $0.isDigit }
        self = self[digits.endIndex...]
        return String(digits.drop { $0 == "0" })
    }
}
