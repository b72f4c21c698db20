import Messages

/// What comes by name and as one text: environment variables and `--set`.
extension ConfigurationLoader {
    static let environmentPrefix = "OPTIMIZER_"

    /// Takes every variable that begins with `OPTIMIZER_`.
    mutating func takeEnvironment(_ environment: [String: String]) {
        for (name, text) in environment.sorted(by: { $0.key < $1.key }) where name.hasPrefix(Self.environmentPrefix) {
            let place = Place(origin: .environment(name))
            if let key = ConfigurationKey.byEnvironmentName[name] {
                takeText(text, for: key, at: place)
            } else if isServiceLink(name) {
                continue
            } else if let map = ConfigurationKey.propertyMaps.first(where: { name.hasPrefix($0.environmentName + "_") })
            {
                let property = name.dropFirst(map.environmentName.count + 1).lowercased()
                takeProperty(String(property.map { $0 == "_" ? "." : $0 }), text, of: map, at: place)
            } else {
                takeUnknown(name, at: place)
            }
        }
    }

    /// A name near a key's is a mistake that would leave the key at its default. Any other is another program's, which
    /// must not keep a node from starting.
    private mutating func takeUnknown(_ name: String, at place: Place) {
        let spellings = ConfigurationKey.all.map { environmentSpelling(of: $0.path) }
        let own = String(name.dropFirst(Self.environmentPrefix.count))
        func hint(_ near: String) -> String { ", did you mean \"\(Self.environmentPrefix)\(near)\"?" }
        if let near = nearestName(to: own, in: spellings) {
            report("there is no key of this name\(hint(near))", at: place)
        } else {
            let near = spellings.first { $0.hasSuffix("_" + own) }
            warn("there is no key of this name, so it changes nothing\(near.map(hint) ?? "")", at: place)
        }
    }

    /// Takes `a.b=c`; of two for one key the later holds.
    mutating func takeSetting(_ setting: String) {
        guard let equals = setting.firstIndex(of: "=") else {
            // What stands after a blank or a colon may be a secret whose "=" was forgotten.
            let name = setting.prefix { !$0.isWhitespace && $0 != ":" }
            return report("it has no \"=\"; write a.b=c", at: Place(origin: .setting(shortened(String(name)))))
        }
        let path = String(setting[..<equals])
        let text = String(setting[setting.index(after: equals)...])
        let place = Place(origin: .setting(shortened(path)))
        if let map = ConfigurationKey.propertyMaps.first(where: { path.hasPrefix($0.path + ".") }) {
            takeProperty(String(path.dropFirst(map.path.count + 1)), text, of: map, at: place)
        } else if let key = ConfigurationKey.byPath[path] {
            takeText(text, for: key, at: place)
        } else if path.hasPrefix("strategies.") {
            report("external strategies can be given in the file only", at: place)
        } else if ConfigurationKey.isSection(path) {
            report("\(path) is a section; set one of its keys", at: place)
        } else {
            report(unknownKeyMessage(path, in: ConfigurationKey.section(of: path)), at: place)
        }
    }

    private mutating func takeText(_ text: String, for key: ConfigurationKey, at place: Place) {
        switch key.shape {
        case .properties:
            let example = "\(key.path).NAME=VALUE"
            report("\(key.path) is a map; give one property at a time, as --set \(example)", at: place)
        case .strategies: report("\(key.path) can be given in the file only", at: place)
        case .scalar: take(["", "null", "~"].contains(text) ? .null : .text(text), for: key, at: place)
        case .list: take(.list(listMembers(text)), for: key, at: place)
        }
    }

    /// `a,b` or `[a, b]`.
    private func listMembers(_ text: String) -> [String] {
        var text = trimmed(text[...])
        if text.first == "[", text.last == "]" { text = trimmed(text.dropFirst().dropLast()) }
        return text.isEmpty
            ? [] : text.split(separator: ",", omittingEmptySubsequences: false).map { String(trimmed($0)) }
    }

    /// Kubernetes and Docker describe a service called "optimizer…" by variables of these shapes.
    private func isServiceLink(_ name: String) -> Bool {
        let words = name.split(separator: "_", omittingEmptySubsequences: false)
        if name.hasSuffix("_SERVICE_HOST") || name.hasSuffix("_PORT") { return true }
        return zip(words, words.dropFirst()).contains { first, second in
            first == "SERVICE" && second == "PORT" || first == "PORT" && Int(second) != nil
        }
    }
}

extension ConfigurationKey {
    /// Whether keys lie below this path.
    static func isSection(_ path: String) -> Bool { all.contains { $0.path.hasPrefix(path + ".") } }

    /// The innermost section this path lies in; empty where its first part is none.
    static func section(of path: String) -> String {
        var section = path
        while let dot = section.lastIndex(of: ".") {
            section = String(section[..<dot])
            if isSection(section) { return section }
        }
        return ""
    }
}
