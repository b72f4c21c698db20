extension String {
    /// The text on one line, for a person: what could move the cursor, clear the screen, break the line or turn the
    /// order of the letters round stands as `\u{1B}`. Everything that was written outside this program goes through
    /// here before a terminal or a text log gets it.
    package var escapedForTerminal: String {
        guard unicodeScalars.contains(where: { $0.actsOnTerminal || FileName.byte(of: $0) != nil }) else { return self }
        var escaped = ""
        for scalar in unicodeScalars {
            if scalar.actsOnTerminal {
                escaped += "\\u{" + String(scalar.value, radix: 16, uppercase: true) + "}"
            } else if let byte = FileName.byte(of: scalar) {
                escaped += "\\x" + String(byte, radix: 16, uppercase: true)
            } else {
                escaped.unicodeScalars.append(scalar)
            }
        }
        return escaped
    }
}

extension Collection<UInt8> {
    /// The same JSON document, with what could act on a terminal written as JSON writes it, `\u009B`. JSON itself asks
    /// only for what lies below a blank.
    ///
    /// Well-formed: so what is found stands in a string.
    package var escapedJSONForTerminal: [UInt8] {
        guard contains(where: { $0 >= 0x7F }) else { return Array(self) }
        var escaped = ""
        for scalar in String(decoding: self, as: UTF8.self).unicodeScalars {
            if scalar.value >= 0x20, scalar.actsOnTerminal {
                let digits = String(scalar.value, radix: 16, uppercase: true)
                escaped += "\\u" + String(repeating: "0", count: 4 - digits.utf8.count) + digits
            } else {
                escaped.unicodeScalars.append(scalar)
            }
        }
        return Array(escaped.utf8)
    }
}

extension Unicode.Scalar {
    /// C0, DEL and C1; the separators of lines and paragraphs, at which readers of a log break; the bidirectional
    /// controls, by which `a=1 b=2` can be shown in another order than it stands.
    fileprivate var actsOnTerminal: Bool {
        // Nearly all of every text: the properties are looked up in a table.
        if value >= 0x20, value < 0x7F { return false }
        switch properties.generalCategory {
        case .control, .lineSeparator, .paragraphSeparator: return true
        default: return properties.isBidiControl
        }
    }
}
