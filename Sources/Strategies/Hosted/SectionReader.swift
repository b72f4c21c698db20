import Messages

/// Reads the members of one section of a request, each with its type and bounds, and refuses unknown ones.
///
/// A problem names the member by its whole path: "account.cash is a string, must be a number from 0.01 to …".
struct SectionReader {
    let path: String
    private let members: [JSONMember]

    /// - Parameter value: nil where the request has no such section: then every member is absent.
    init(_ path: String, _ value: JSONValue?, known: [String]) throws(RequestProblem) {
        self.path = path
        guard let value else {
            members = []
            return
        }
        guard let members = value.members else {
            throw RequestProblem(.invalidRequest, "\(path) is \(value.kindName), must be an object")
        }
        for (index, member) in members.enumerated() {
            guard known.contains(member.name) else {
                throw RequestProblem(.invalidRequest, "\(path) has " + unknownMember(member.name, known: known))
            }
            guard !members[..<index].contains(where: { $0.name == member.name }) else {
                throw RequestProblem(.invalidRequest, "\(path).\(member.name) is given twice; give it once")
            }
        }
        self.members = members
    }

    /// The member's value; nil where it is absent or null.
    subscript(_ name: String) -> JSONValue? {
        guard let value = members.first(where: { $0.name == name })?.value, value != .null else { return nil }
        return value
    }

    func number(_ name: String, in range: ClosedRange<Double>) throws(RequestProblem) -> Double? {
        guard let value = self[name] else { return nil }
        guard let number = value.double, range.contains(number) else {
            throw wrong(name, "a number from \(range.lowerBound) to \(range.upperBound)")
        }
        return number
    }

    func integer(_ name: String, in range: ClosedRange<Int>) throws(RequestProblem) -> Int? {
        guard let value = self[name] else { return nil }
        guard let number = value.integer, range.contains(number) else {
            throw wrong(name, "an integer from \(range.lowerBound) to \(range.upperBound)")
        }
        return number
    }

    func boolean(_ name: String) throws(RequestProblem) -> Bool? {
        guard let value = self[name] else { return nil }
        guard let flag = value.bool else { throw wrong(name, "true or false") }
        return flag
    }

    func text(_ name: String, _ expectation: String) throws(RequestProblem) -> String? {
        guard let value = self[name] else { return nil }
        guard let text = value.string else { throw wrong(name, expectation) }
        return text
    }

    /// One of a few words.
    func word<Word: RawRepresentable<String>>(_ name: String, of words: [Word]) throws(RequestProblem) -> Word? {
        guard let value = self[name] else { return nil }
        guard let text = value.string, let word = words.first(where: { $0.rawValue == text }) else {
            let names = words.map(\.rawValue)
            let hint = value.string.map { nearestNameHint(to: $0, in: names) } ?? ""
            throw wrong(name, "one of " + names.map { "\"\($0)\"" }.joined(separator: ", ") + hint)
        }
        return word
    }

    func wrong(_ name: String, _ expectation: String) -> RequestProblem {
        RequestProblem(.invalidRequest, "\(path).\(name) is \(shown(name)), must be \(expectation)")
    }

    private func shown(_ name: String) -> String {
        guard let value = self[name] else { return "missing" }
        let text = value.text
        return text.utf8.count > 60 ? value.kindName : text
    }
}
