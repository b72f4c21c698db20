import Messages

extension ConfigurationLoader {
    /// Takes what the file says.
    mutating func takeFile(_ name: String) {
        do throws(FileProblem) {
            takeFile(try readFile(name, maximumBytes: YAMLReader.maximumBytes), name: name)
        } catch {
            report("the configuration file \(error.reason)", at: Place(origin: .file(name)))
        }
    }

    /// Takes what these bytes of a file say.
    mutating func takeFile(_ bytes: [UInt8], name: String) {
        let origin = ConfigurationOrigin.file(name)
        let (document, problems) = YAMLReader.read(bytes)
        for problem in problems { report(problem.message, at: Place(origin, problem.mark)) }
        guard let document, !document.isNull else { return }
        guard case .mapping(let members) = document.content else {
            return report("\(document.kind) instead of keys and values", at: Place(origin, document.mark))
        }
        take(members, of: "", origin)
    }

    private mutating func take(_ members: [YAMLMember], of section: String, _ origin: ConfigurationOrigin) {
        for member in members {
            let path = section.isEmpty ? member.name : "\(section).\(member.name)"
            let place = Place(origin, member.value.mark)
            if member.name.contains(".") {
                report(unknownKeyMessage(path, in: section), at: Place(origin, member.mark))
            } else if let key = ConfigurationKey.byPath[path] {
                take(member.value, for: key, at: place)
            } else if !ConfigurationKey.isSection(path) {
                report(unknownKeyMessage(path, in: section), at: Place(origin, member.mark))
            } else if case .mapping(let members) = member.value.content {
                take(members, of: path, origin)
            } else if !member.value.isNull {
                // A section whose keys are all commented out is null, and says nothing.
                report("\(path) is \(member.value.kind); it takes keys of its own", at: place)
            }
        }
    }

    private mutating func take(_ node: YAMLNode, for key: ConfigurationKey, at place: Place) {
        switch (key.shape, node.content) {
        case (.properties, .mapping(let members)):
            for member in members { takeProperty(member, of: key, place.origin) }
        case (.properties, _):
            // As with a section: nothing but comments below it.
            if !node.isNull { report("\(key.path) is \(node.kind); it takes \(key.expects)", at: place) }
        case (.strategies, _): takeStrategies(node, key.path, place.origin)
        case (.list, .sequence(let nodes)): takeList(nodes, for: key, at: place)
        case (_, .scalar(let text, _)): take(node.isNull ? .null : .text(text), for: key, at: place)
        case (_, .sequence), (_, .mapping):
            report("\(key.path) is \(node.kind); it takes \(key.expects)", at: place)
        }
    }

    private mutating func takeProperty(_ member: YAMLMember, of map: ConfigurationKey, _ origin: ConfigurationOrigin) {
        switch member.value.content {
        case .scalar(let text, _):
            let place = Place(origin, member.value.mark)
            takeProperty(member.name, member.value.isNull ? nil : text, of: map, at: place)
        case .sequence, .mapping:
            report(
                "\(map.path).\(member.name) is \(member.value.kind); a property's name is written whole, as in"
                    + " session.timeout.ms: 6000, and its value is a single one", at: Place(origin, member.mark))
        }
    }

    private mutating func takeList(_ nodes: [YAMLNode], for key: ConfigurationKey, at place: Place) {
        var texts: [String] = []
        for node in nodes {
            guard case .scalar(let text, _) = node.content, !node.isNull else {
                return report(
                    "\(key.path) holds \(node.kind); it takes \(key.expects)", at: Place(place.origin, node.mark))
            }
            texts.append(text)
        }
        take(.list(texts), for: key, at: place)
    }
}

extension Place {
    init(_ origin: ConfigurationOrigin, _ mark: YAMLMark) {
        self.init(origin: origin, line: mark.line, column: mark.column)
    }
}
