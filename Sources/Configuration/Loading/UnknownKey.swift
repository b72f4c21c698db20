import Messages

/// Names the nearest key: of the same section, else of all, else one of that name in another section.
func unknownKeyMessage(_ path: String, in section: String) -> String {
    let message = "unknown key \"\(shortened(path))\""
    if ConfigurationKey.byPath[path] != nil { return message + "; write its parts as keys inside each other" }
    let prefix = section.isEmpty ? "" : section + "."
    let name = String(path.dropFirst(prefix.count))
    if section == "kafka", name.contains(".") {
        return message + "; librdkafka properties stand under kafka.client, kafka.consumer or kafka.producer"
    }
    let siblings = members(of: prefix)
    if let near = nearestName(to: name, in: siblings) { return message + ", did you mean \"\(prefix + near)\"?" }
    if let near = nearestName(to: path, in: ConfigurationKey.all.map(\.path)) {
        return message + ", did you mean \"\(near)\"?"
    }
    let last = lastPart(of: name)
    if let key = ConfigurationKey.all.first(where: { nearestName(to: last, in: [lastPart(of: $0.path)]) != nil }) {
        return message + ", did you mean \"\(key.path)\"?"
    }
    return message + "; known here: " + siblings.joined(separator: ", ")
}

/// The names that may follow this prefix, in the order of the table.
private func members(of prefix: String) -> [String] {
    var names: [String] = []
    for key in ConfigurationKey.all where key.path.hasPrefix(prefix) {
        let name = String(key.path.dropFirst(prefix.count).prefix { $0 != "." })
        if !names.contains(name) { names.append(name) }
    }
    return names
}

private func lastPart(of path: String) -> String {
    path.split(separator: ".").last.map(String.init) ?? path
}
