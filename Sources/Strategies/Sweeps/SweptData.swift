package import Messages

/// The data sets of a sweep: the one that its member `data` is, or those that it lists, on each of which every set is run.
package struct SweptData: Sendable {
    /// Every step's request names them all, and its node opens them all.
    static let most = 100

    /// The part of the request that each is, and what it says.
    let sections: [JSONValue]
    let selections: [DataSelection]
    /// Whether sets are ranked by what their figures come to over several.
    let isList: Bool

    /// - Throws: `invalid_request` or `invalid_data` with what is wrong, and in which of them.
    init(_ value: JSONValue?) throws(RequestProblem) {
        guard let elements = value?.elements else {
            (sections, isList) = ([value ?? .null], false)
            selections = [try DataSelection(value)]
            return
        }
        guard (1...Self.most).contains(elements.count) else {
            throw RequestProblem(
                .invalidRequest,
                "data lists \(elements.count) data sets, must list 1 to \(Self.most), such as [{\"dataset\": \"one\"}, "
                    + "{\"dataset\": \"other\"}]")
        }
        var selections: [DataSelection] = []
        for (place, element) in elements.enumerated() {
            let selection = try DataSelection(element, path: Self.path(place))
            if let same = selections.firstIndex(where: { $0.isSame(as: selection) }) {
                throw RequestProblem(
                    .invalidRequest,
                    "\(Self.path(place)) is \(Self.path(same)) once more, which would count twice; give each once")
            }
            selections.append(selection)
        }
        (sections, self.selections, isList) = (elements, selections, true)
    }

    var count: Int { selections.count }

    private static func path(_ place: Int) -> String { "data[\(place)]" }

    /// What a data set is called where there are several: `data[2] (AAPL)`; empty of a single one.
    func name(_ place: Int) -> String {
        guard isList else { return "" }
        return Self.path(place) + (selections[place].dataset.map { " (\($0))" } ?? "")
    }

    /// A problem of one of them, with its name.
    func problem(_ problem: RequestProblem, of place: Int) -> RequestProblem {
        guard isList else { return problem }
        return RequestProblem(
            problem.code, "\(name(place)): \(problem.message)", isRetryable: problem.isRetryable)
    }

    /// Runs something on each.
    ///
    /// - Throws: what it throws, with the name of the data set.
    func each<Element>(
        _ body: (Int, DataSelection) throws(RequestProblem) -> Element
    ) throws(RequestProblem) -> [Element] {
        var elements: [Element] = []
        for (place, selection) in selections.enumerated() {
            do throws(RequestProblem) {
                elements.append(try body(place, selection))
            } catch {
                throw problem(error, of: place)
            }
        }
        return elements
    }

    /// The definition with these versions in it, one for each data set; nil of inline bars.
    package static func pinned(_ definition: JSONValue, to versions: [String?]) -> JSONValue {
        guard let members = definition.members else { return definition }
        func pinned(_ section: JSONValue, _ version: String?) -> JSONValue {
            guard let version, let known = section.members else { return section }
            let rest = known.filter { $0.name != "version" }
            return .object(rest + [JSONMember("version", .string(version))])
        }
        return .object(
            members.map { member in
                guard member.name == "data" else { return member }
                guard let elements = member.value.elements else {
                    return JSONMember("data", pinned(member.value, versions.first ?? nil))
                }
                let all = zip(elements, versions).map { pinned($0, $1) }
                return JSONMember("data", .array(all))
            })
    }
}

extension DataSelection {
    /// The stored one; nil of inline bars.
    var dataset: String? {
        if case .stored(let name, _) = source { name.dataset } else { nil }
    }

    /// Whether another is of the same bars by its words.
    fileprivate func isSame(as other: DataSelection) -> Bool {
        guard case .stored(let name, let version) = source, case .stored(let otherName, let otherVersion) = other.source
        else { return false }
        return name == otherName && version == otherVersion && start == other.start && end == other.end
    }
}
