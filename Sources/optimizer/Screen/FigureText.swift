/// Figures as text of a fixed shape.
enum FigureText {
    /// A number with so many digits after the point; "-" for what is no finite number.
    static func fixed(_ value: Double?, _ digits: Int) -> String {
        guard let value, value.isFinite, abs(value) < 1e12 else { return "-" }
        return value.fixed(digits)
    }

    /// A bar of so many columns, filled in part.
    static func bar(_ part: Double, width: Int, isUnicode: Bool) -> String {
        let filled = Int((min(max(part, 0), 1) * Double(width)).rounded(.down))
        return String(repeating: isUnicode ? "█" : "#", count: filled)
            + String(repeating: isUnicode ? "░" : "-", count: width - filled)
    }

    /// One column per value, as high as the value in terms of `top`.
    static func sparkline(_ values: some Collection<Int>, top: Int, isUnicode: Bool) -> String {
        let steps: [Character] = Array(isUnicode ? " ▁▂▃▄▅▆▇█" : " .:-=+*#@")
        return String(
            values.map { value in
                guard value > 0, top > 0 else { return steps[0] }
                let step = (min(value, top) * (steps.count - 1) + top - 1) / top
                return steps[min(step, steps.count - 1)]
            })
    }
}

extension String {
    func leftPadded(to width: Int) -> String { String(repeating: " ", count: max(0, width - count)) + self }
}

extension Double {
    /// With so many digits behind the point.
    func fixed(_ digits: Int) -> String {
        guard isFinite, abs(self) < 1e12 else { return description }
        var scale = 1
        for _ in 0..<digits { scale *= 10 }
        let scaled = Int((abs(self) * Double(scale)).rounded())
        let sign = self < 0 && scaled > 0 ? "-" : ""
        guard digits > 0 else { return sign + String(scaled) }
        let fraction = String(scaled % scale)
        return sign + "\(scaled / scale)." + String(repeating: "0", count: digits - fraction.count) + fraction
    }
}
