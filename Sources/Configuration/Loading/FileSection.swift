import Messages

/// A map of the file whose members are read one by one.
struct FileSection {
    /// As in messages: `strategies.mine.limits`.
    let path: String
    let mark: YAMLMark
    let origin: ConfigurationOrigin
    let members: [YAMLMember]

    subscript(_ name: String) -> YAMLNode? {
        members.first { $0.name == name }?.value
    }

    func path(of name: String) -> String { "\(path).\(name)" }
}

extension ConfigurationLoader {
    /// The node as a map that has only these members; nil, and reported, where it is none.
    ///
    /// - Parameter known: nil where the file chooses the names.
    mutating func section(
        _ node: YAMLNode, _ path: String, _ origin: ConfigurationOrigin, known: [String]?
    ) -> FileSection? {
        guard case .mapping(let members) = node.content else {
            // A map whose members are all commented out is null, and says nothing.
            if !node.isNull {
                report("\(path) is \(node.kind); it takes keys of its own", at: Place(origin, node.mark))
            }
            return nil
        }
        for member in members {
            guard let known, !known.contains(member.name) else { continue }
            let hint = nearestNameHint(to: member.name, in: known)
            let rest = hint.isEmpty ? "; known here: " + known.joined(separator: ", ") : hint
            report("unknown key \"\(shortened("\(path).\(member.name)"))\"\(rest)", at: Place(origin, member.mark))
        }
        return FileSection(path: path, mark: node.mark, origin: origin, members: members)
    }

    /// A single value; nil where it is left out, null, or wrong, which is reported.
    mutating func value<Value>(
        _ name: String, of section: FileSection, _ format: ValueFormat<Value>, unit: String? = nil
    ) -> Value? {
        guard let node = section[name], !node.isNull else { return nil }
        return value(node, section.path(of: name), section.origin, format, unit: unit)
    }

    mutating func value<Value>(
        _ node: YAMLNode, _ path: String, _ origin: ConfigurationOrigin, _ format: ValueFormat<Value>,
        unit: String? = nil
    ) -> Value? {
        let expects = format.expects + (unit.map { " (\($0))" } ?? "")
        let place = Place(origin, node.mark)
        guard case .scalar(let text, _) = node.content, !node.isNull else {
            report("\(path) is \(node.kind); it takes \(expects)", at: place)
            return nil
        }
        do throws(ValueProblem) {
            let value = try format.parse(try expansion.variables(in: text).text)
            note(place, of: path)
            return value
        } catch {
            report("\(path): \"\(shortened(text))\" \(error.reason); it takes \(expects)", at: place)
            return nil
        }
    }

    /// A list of single values; nil where it is left out or wrong, which is reported.
    mutating func list<Value>(
        _ name: String, of section: FileSection, _ format: ValueFormat<Value>
    ) -> [Value]? {
        guard let node = section[name], !node.isNull else { return nil }
        let path = section.path(of: name)
        guard case .sequence(let elements) = node.content else {
            report(
                "\(path) is \(node.kind); it takes a list, [a, b], of \(format.expects)",
                at: Place(section.origin, node.mark))
            return nil
        }
        note(Place(section.origin, node.mark), of: path)
        var values: [Value] = []
        for element in elements {
            guard let value = value(element, path, section.origin, format) else { return nil }
            values.append(value)
        }
        return values
    }
}
