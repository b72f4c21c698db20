/// Why a text is no value of its key. `reason` completes "… "x" ", so it begins with a verb.
struct ValueProblem: Error {
    let reason: String
}

/// How values of one kind are read and written.
struct ValueFormat<Value: Sendable>: Sendable {
    /// Completes "it takes …".
    let expects: String
    let parse: @Sendable (String) throws(ValueProblem) -> Value
    let show: @Sendable (Value) -> String
}

extension ValueFormat<Int> {
    static func integer(_ range: ClosedRange<Int>) -> Self {
        ValueFormat(
            expects: "a whole number from \(range.lowerBound) to \(range.upperBound)",
            parse: { text throws(ValueProblem) in
                guard let value = Int(text) else { throw ValueProblem(reason: "is not a whole number") }
                guard range.contains(value) else { throw ValueProblem(reason: "is out of range") }
                return value
            },
            show: { String($0) })
    }
}

extension ValueFormat<Bool> {
    static let flag = ValueFormat(
        expects: "true or false",
        parse: { text throws(ValueProblem) in
            switch text {
            case "true": true
            case "false": false
            default: throw ValueProblem(reason: "is neither true nor false")
            }
        },
        show: { $0 ? "true" : "false" })
}

extension ValueFormat<Double> {
    static let number = ValueFormat(
        expects: "a number",
        parse: { text throws(ValueProblem) in
            guard let value = Double(text), value.isFinite else { throw ValueProblem(reason: "is not a number") }
            return value
        },
        show: { "\($0)" })
}

extension ValueFormat where Value: RawRepresentable<String> & CaseIterable {
    static var choice: Self {
        let names = Value.allCases.map(\.rawValue)
        return ValueFormat(
            expects: names.count == 1 ? names[0] : "one of \(names.joined(separator: ", "))",
            parse: { text throws(ValueProblem) in
                guard let value = Value(rawValue: text) else { throw ValueProblem(reason: "is not known") }
                return value
            },
            show: \.rawValue)
    }
}

extension ValueFormat<String> {
    /// A name of letters, digits and `._-`, as Kafka has it for topics.
    static let topicName = text("1 to 249 of the characters a–z A–Z 0–9 . _ -") { text throws(ValueProblem) in
        guard text != ".", text != ".." else { throw ValueProblem(reason: "is no topic name") }
        guard text.utf8.count <= 249 else { throw ValueProblem(reason: "is too long") }
        try onlyNameCharacters(in: text, and: "")
    }

    static let nodeName = text("1 to 128 of the characters a–z A–Z 0–9 . _ - : @") { text throws(ValueProblem) in
        guard text.utf8.count <= 128 else { throw ValueProblem(reason: "is too long") }
        try onlyNameCharacters(in: text, and: ":@")
    }

    static let groupName = text("1 to 249 printable characters") { text throws(ValueProblem) in
        guard text.utf8.count <= 249 else { throw ValueProblem(reason: "is too long") }
    }

    static let directory = text("a path") { _ throws(ValueProblem) in }

    static let strategyName = text("the name of a strategy, 1 to 100 of a–z A–Z 0–9 . _ -") {
        text throws(ValueProblem) in
        guard text.utf8.count <= 100 else { throw ValueProblem(reason: "is too long") }
        try onlyNameCharacters(in: text, and: "")
    }

    static let parameterName = text("the name of a parameter, 1 to 100 of a–z A–Z 0–9 . _ -") {
        text throws(ValueProblem) in
        guard text.utf8.count <= 100 else { throw ValueProblem(reason: "is too long") }
        try onlyNameCharacters(in: text, and: "")
    }

    static let words = text("a text") { _ throws(ValueProblem) in }

    /// A word of a command line, which may be empty.
    static let argument = ValueFormat(
        expects: "texts",
        parse: { text throws(ValueProblem) in
            guard !text.utf8.contains(0) else { throw ValueProblem(reason: "holds a zero byte") }
            return text
        },
        show: { $0 })

    static let bootstrapServers = text("host:port, several with commas, or \"embedded\"") { text throws(ValueProblem) in
        guard text != "embedded" else { return }
        for server in text.split(separator: ",", omittingEmptySubsequences: false) {
            try checkServer(trimmed(server))
        }
    }

    private static func text(
        _ expects: String, check: @escaping @Sendable (String) throws(ValueProblem) -> Void
    ) -> Self {
        ValueFormat(
            expects: expects,
            parse: { text throws(ValueProblem) in
                guard !text.isEmpty else { throw ValueProblem(reason: "is empty") }
                guard !text.unicodeScalars.contains(where: { $0.value < 0x20 || $0.value == 0x7F }) else {
                    throw ValueProblem(reason: "holds a control character")
                }
                try check(text)
                return text
            },
            show: { $0 })
    }
}

private func onlyNameCharacters(in text: String, and more: String) throws(ValueProblem) {
    let allowed = "._-" + more
    for scalar in text.unicodeScalars {
        let isAlphanumeric = scalar.isASCII && (scalar.properties.isAlphabetic || ("0"..."9").contains(scalar))
        guard isAlphanumeric || allowed.unicodeScalars.contains(scalar) else {
            throw ValueProblem(reason: "holds \"\(scalar)\", which is not allowed here")
        }
    }
}

/// `[PROTOCOL://]host:port`, an IPv6 address in brackets.
private func checkServer(_ server: Substring) throws(ValueProblem) {
    guard !server.isEmpty else { throw ValueProblem(reason: "holds an empty server name") }
    var address = server
    if let scheme = server.firstRange(of: "://") { address = server[scheme.upperBound...] }
    guard let (host, port) = splitAddress(address), !host.isEmpty else {
        throw ValueProblem(reason: "holds \"\(server)\", which lacks its port")
    }
    guard port > 0 else { throw ValueProblem(reason: "holds port 0") }
    guard !host.contains(where: { $0 == "/" || $0 == "@" || $0 == " " }) else {
        throw ValueProblem(reason: "holds \"\(server)\", which is no host:port")
    }
}
