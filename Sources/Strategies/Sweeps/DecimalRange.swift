/// A number as it is written: digits and the place of the point.
struct DecimalNumber: Equatable {
    /// Without zeros at its end.
    let mantissa: Int
    /// The number is mantissa · 10^exponent.
    let exponent: Int

    /// The shortest decimal number that reads as this double. What binary arithmetic has made of a short one
    /// (0.30000000000000004) is the short one.
    init(_ value: Double) {
        let text = "\(value.magnitude)"
        let parts = text.split(separator: "e")
        let digits = parts[0].split(separator: ".")
        let fraction = digits.count > 1 ? digits[1] : ""
        let written = Int(digits[0] + fraction) ?? 0
        let power = (parts.count > 1 ? Int(parts[1]) ?? 0 : 0) - fraction.count
        let exact = Self.trimmed(written, power)
        let short = Self.rounded(exact)
        (mantissa, exponent) = (value < 0 ? -short.mantissa : short.mantissa, short.exponent)
    }

    private static func trimmed(_ mantissa: Int, _ exponent: Int) -> (mantissa: Int, exponent: Int) {
        guard mantissa != 0 else { return (0, 0) }
        var (mantissa, exponent) = (mantissa, exponent)
        while mantissa % 10 == 0 { (mantissa, exponent) = (mantissa / 10, exponent + 1) }
        return (mantissa, exponent)
    }

    /// Of sixteen digits and more the first fifteen, where they are twelve and zeros: nobody writes the others.
    private static func rounded(_ exact: (mantissa: Int, exponent: Int)) -> (mantissa: Int, exponent: Int) {
        var (unit, places) = (1, 0)
        while exact.mantissa / unit >= 1_000_000_000_000_000 { (unit, places) = (unit * 10, places + 1) }
        guard places > 0 else { return exact }
        let short = trimmed((exact.mantissa + unit / 2) / unit, exact.exponent + places)
        return short.mantissa < 1_000_000_000_000 ? short : exact
    }

    /// How often 10^exponent goes into it; nil where that is no integer, or too large a one.
    func count(of exponent: Int) -> Int? {
        guard mantissa != 0 else { return 0 }
        guard self.exponent >= exponent, self.exponent - exponent <= 18 else { return nil }
        var count = mantissa
        for _ in exponent..<self.exponent {
            let (product, overflow) = count.multipliedReportingOverflow(by: 10)
            guard !overflow else { return nil }
            count = product
        }
        return count.magnitude <= Int.max / 4 ? count : nil
    }

    /// The double nearest to count · 10^exponent.
    static func double(_ count: Int, exponent: Int) -> Double {
        // Both are exact, and so their quotient is rounded once.
        if exponent <= 0, exponent >= -22, count.magnitude <= 1 << 53 { return Double(count) / powers[-exponent] }
        return Double("\(count)e\(exponent)") ?? .nan
    }

    private static let powers = (0...22).map { Double("1e\($0)") ?? .nan }

    var double: Double { Self.double(mantissa, exponent: exponent) }
}

/// Numbers from one to another at equal distances, counted in decimal digits as people do: 0.1, 0.2, 0.3.
package struct DecimalRange: Equatable, Sendable {
    private let first: Int
    private let last: Int
    private let distance: Int
    private let exponent: Int
    /// One where no step fits.
    package let count: Int

    /// - Parameters:
    ///   - minimum: at most `maximum`.
    ///   - step: above 0.
    /// - Returns: nil where the digits of the three are too far apart for integers.
    package init?(from minimum: Double, through maximum: Double, by step: Double) {
        let numbers = [minimum, maximum, step].map(DecimalNumber.init)
        let exponent = numbers.filter { $0.mantissa != 0 }.map(\.exponent).min() ?? 0
        guard let first = numbers[0].count(of: exponent), let last = numbers[1].count(of: exponent),
            let step = numbers[2].count(of: exponent), step > 0, last >= first
        else { return nil }
        (self.first, self.last, distance, self.exponent) = (first, last, step, exponent)
        count = (last - first) / step + 1
    }

    /// The distance of two numbers divided by a power of ten, which takes as many decimals as it takes.
    ///
    /// - Parameters:
    ///   - minimum: less than `maximum`.
    ///   - power: 6 for a millionth.
    /// - Returns: nil where the digits of the two are too far apart for integers.
    static func part(from minimum: Double, through maximum: Double, power: Int) -> Double? {
        let ends = [minimum, maximum].map(DecimalNumber.init)
        let exponent = ends.filter { $0.mantissa != 0 }.map(\.exponent).min() ?? 0
        guard let first = ends[0].count(of: exponent), let last = ends[1].count(of: exponent), last > first else {
            return nil
        }
        return DecimalNumber.double(last - first, exponent: exponent - power)
    }

    /// Value `index`, from 0 to `count - 1`.
    package func value(_ index: Int) -> Double { DecimalNumber.double(first + index * distance, exponent: exponent) }

    var minimum: Double { value(0) }
    var maximum: Double { DecimalNumber.double(last, exponent: exponent) }
    var step: Double { DecimalNumber.double(distance, exponent: exponent) }
}
