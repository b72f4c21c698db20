/// `${NAME}` and `file:/path` in values.
struct ValueExpansion {
    static let maximumSecretBytes = 64 * 1024

    let environment: [String: String]

    struct Expanded {
        let text: String
        /// Something was put in; what it was may be a secret.
        let isChanged: Bool
        /// The file that it was read from.
        var file: String?
    }

    /// The text with each `${NAME}` replaced by that environment variable; `$${` stands for `${`.
    ///
    /// What is put in is not looked at again: a password may hold `${`.
    func variables(in text: String) throws(ValueProblem) -> Expanded {
        var result = ""
        var isChanged = false
        var rest = text[...]
        while let start = rest.firstRange(of: "${") {
            if rest[..<start.lowerBound].hasSuffix("$") {
                result += rest[..<start.lowerBound].dropLast() + "${"
                rest = rest[start.upperBound...]
                continue
            }
            guard let end = rest[start.upperBound...].firstIndex(of: "}") else {
                throw ValueProblem(reason: "has a ${ without its }; write $${ for the two characters themselves")
            }
            result += rest[..<start.lowerBound] + (try value(of: String(rest[start.upperBound..<end])))
            rest = rest[rest.index(after: end)...]
            isChanged = true
        }
        return Expanded(text: result + rest, isChanged: isChanged)
    }

    /// What `file:/path` names, without the line break at its end; nil where the text is no such thing.
    func file(in text: String) throws(ValueProblem) -> Expanded? {
        guard text.hasPrefix("file:") else { return nil }
        let path = String(text.dropFirst("file:".count))
        guard path.hasPrefix("/") else {
            throw ValueProblem(reason: "names a file without its whole path; write file:/path")
        }
        let bytes: [UInt8]
        do throws(FileProblem) {
            bytes = try readFile(path, maximumBytes: Self.maximumSecretBytes)
        } catch {
            throw ValueProblem(reason: "names \(path), which \(error.reason)")
        }
        guard let text = Self.text(of: bytes) else {
            throw ValueProblem(reason: "names \(path), which is no UTF-8 text")
        }
        return Expanded(text: text, isChanged: true, file: path)
    }

    /// What a file with these bytes stands for; nil where they are no UTF-8 text.
    static func text(of bytes: [UInt8]) -> String? {
        guard var text = String(validating: bytes, as: UTF8.self), !text.utf8.contains(0) else { return nil }
        if text.last?.isNewline == true { text.removeLast() }
        return text
    }

    private func value(of name: String) throws(ValueProblem) -> String {
        let isName = name.utf8.allSatisfy {
            $0 == UInt8(ascii: "_") || (0x30...0x39).contains($0) || (0x41...0x5A).contains($0 & 0xDF)
        }
        guard isName, !name.isEmpty else {
            throw ValueProblem(reason: "has a ${…} that names no environment variable")
        }
        guard let value = environment[name] else {
            throw ValueProblem(reason: "needs the environment variable \(name), which is not set")
        }
        return value
    }
}
