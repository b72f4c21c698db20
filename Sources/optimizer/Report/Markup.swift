import Messages

/// Text for HTML and SVG.
enum Markup {
    /// The text as it reads, whatever is in it: every name and message of a result comes from outside.
    static func escaped(_ text: String) -> String {
        var out = ""
        out.reserveCapacity(text.utf8.count)
        for character in text.escapedForTerminal.unicodeScalars {
            switch character {
            case "&": out += "&amp;"
            case "<": out += "&lt;"
            case ">": out += "&gt;"
            case "\"": out += "&quot;"
            case "'": out += "&#39;"
            default: out.unicodeScalars.append(character)
            }
        }
        return out
    }

    /// A value of a result as a person reads it.
    static func shown(_ value: JSONValue?) -> String {
        switch value {
        case nil, .null: "–"
        case .string(let text): escaped(text)
        case .integer(let number): grouped(number)
        case .number(let number): figure(number)
        case .some(let other): escaped(String(other.text.prefix(200)))
        }
    }

    /// As many digits as a figure of this size needs.
    static func figure(_ value: Double?) -> String {
        guard let value, value.isFinite else { return "–" }
        let size = abs(value)
        guard size < 1e12 else { return "\(value)" }
        let text = size >= 1000 ? grouped(Int(value.rounded())) : value.fixed(size >= 100 ? 1 : size >= 10 ? 2 : 3)
        return text.replacingMinus
    }

    static func percent(_ value: Double?) -> String {
        guard let value, value.isFinite else { return "–" }
        return (value > 0 ? "+" : "") + figure(value) + "\u{A0}%"
    }

    /// 12,345.
    static func grouped(_ number: Int) -> String {
        let digits = Array(String(number.magnitude))
        var out = ""
        for (index, digit) in digits.enumerated() {
            if index > 0, (digits.count - index) % 3 == 0 { out.append(",") }
            out.append(digit)
        }
        return (number < 0 ? "−" : "") + out
    }
}

extension String {
    /// With the sign that is as wide as a plus.
    var replacingMinus: String { hasPrefix("-") ? "−" + dropFirst() : self }
}
